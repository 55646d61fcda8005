use convnet::layers::{CustomBackward, CustomForward, CustomLayer};
use convnet::{Scalar, geometry::Volume, network};

impl<T: Scalar> CustomLayer<T> for Scale {
    const OUTPUT: Volume = Volume::new(32, 32, 3);
    const PARAMETERS: usize = 3;
    fn forward(_at: CustomForward<'_, T>) {}
    fn backward(_at: CustomBackward<'_, T>) {}
}
struct Scale;

network! {
    struct Net {
        INPUT[32x32x3] -> (Scale, parameters=3) : [16x16x3] -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
