use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> [CONV3-8 -> RELU -> POOL2 : [16x16x8]]*3 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
