use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> conv3-64 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv2().weights();
}
