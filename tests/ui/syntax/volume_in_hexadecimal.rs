use convnet::network;

network! {
    struct Net {
        INPUT[0x32x3] -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
