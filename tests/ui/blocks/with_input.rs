use convnet::network;

network! {
    block stem = INPUT[32x32x3] -> CONV3-8;

    struct Net {
        stem -> FC10
    }
}

fn main() {
    let _ = Net::new(1).stem1_conv1().weights();
}
