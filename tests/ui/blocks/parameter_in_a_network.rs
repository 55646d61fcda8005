use convnet::network;

network! {
    block stem(k) = CONV3-k;

    struct Net {
        INPUT[32x32x3] -> CONV3-k -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
