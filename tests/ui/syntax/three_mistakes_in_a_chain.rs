use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> Conv2d(3, 64) -> ReLU -> [MaxPool2d(2)]*2 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
