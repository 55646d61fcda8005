use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> nn.Linear(8192, 10) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
