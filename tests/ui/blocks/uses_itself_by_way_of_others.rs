use convnet::network;

network! {
    block a = CONV3-8 -> b;
    block b = RELU -> c;
    block c = a;

    struct Net {
        INPUT[32x32x3] -> a -> FC10
    }
}

fn main() {
    let _ = Net::new(1).a1_conv1().weights();
}
