use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> BatchNorm2d(8) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).bn1().scale();
}
