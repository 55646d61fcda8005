use convnet::network;

network! {
    block plain(k) = CONV3-k -> RELU;

    struct Net {
        INPUT[32x32x3] -> plane(8) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
