use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> POOL0 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
