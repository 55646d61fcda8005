use convnet::network;

network! {
    struct Net {
        INPUT[32, 32, 3] -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
