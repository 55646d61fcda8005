use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3]
    }
}

fn main() {
    let _ = Net::new(1);
}
