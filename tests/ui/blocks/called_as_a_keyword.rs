use convnet::network;

network! {
    block RELU = CONV3-8;

    struct Net {
        INPUT[32x32x3] -> RELU -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
