use convnet::network;

network! {
    struct Net {
        INPUT[5e3x2] -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
