use convnet::network;

network! {
    block stem = CONV3-8;
    block stem = CONV5-8;

    struct Net {
        INPUT[32x32x3] -> stem -> FC10
    }
}

fn main() {
    let _ = Net::new(1).stem1_conv1().weights();
}
