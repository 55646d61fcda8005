use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> FC10 -> HINGE(c=10)
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
