use convnet::network;

network! {
    struct Net {
        INPUT[32x32x64] -> CONV3-64 -> BN(momentum=2) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).bn1().scale();
}
