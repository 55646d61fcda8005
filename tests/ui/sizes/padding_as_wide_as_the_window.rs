use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> POOL2 p2 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
