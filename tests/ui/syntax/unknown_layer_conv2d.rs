use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> Conv2D(64, 3, padding="same") -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv2().weights();
}
