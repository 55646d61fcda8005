use convnet::network;

#[derive(Clone, Default)]
struct Mine;

network! {
    struct Net {
        INPUT[32x32x3] -> FC10 -> STRUCTURED(Mine)
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
