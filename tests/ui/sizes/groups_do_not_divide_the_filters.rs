use convnet::network;

network! {
    struct Net {
        INPUT[32x32x4] -> CONV3-65 g2 -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
