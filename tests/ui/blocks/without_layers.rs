use convnet::network;

network! {
    block stem = ;

    struct Net {
        INPUT[32x32x3] -> stem -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
