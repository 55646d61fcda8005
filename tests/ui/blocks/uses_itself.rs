use convnet::network;

network! {
    block deep(k) = CONV3-k -> deep(k);

    struct Net {
        INPUT[32x32x3] -> deep(8) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
