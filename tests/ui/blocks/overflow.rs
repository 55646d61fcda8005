use convnet::network;

network! {
    block wide(k) = CONV1-(k*k*k);

    struct Net {
        INPUT[32x32x3] -> wide(9999999) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
