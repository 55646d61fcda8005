use convnet::network;

network! {
    struct Net {
        INPUT[10x10x3] -> CONV3-8 s2 p0 -> POOL2 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
