use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT{ FC10 -> SOFTMAX | FC10 }
    }
}

fn main() {
    let _ = Net::new(1).cat1_b1_fc1().weights();
}
