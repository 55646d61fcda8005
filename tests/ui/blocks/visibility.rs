use convnet::network;

network! {
    pub block stem = CONV3-8;

    struct Net {
        INPUT[32x32x3] -> stem -> FC10
    }
}

fn main() {
    let _ = Net::new(1).stem1_conv1().weights();
}
