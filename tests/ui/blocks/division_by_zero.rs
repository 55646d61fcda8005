use convnet::network;

network! {
    block narrow(k) = CONV1-(16/k);

    struct Net {
        INPUT[32x32x3] -> narrow(0) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
