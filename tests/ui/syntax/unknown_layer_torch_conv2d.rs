use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> Conv2d(8, 64, kernel_size=3) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv2().weights();
}
