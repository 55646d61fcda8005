use convnet::network;

network! {
    assert parameters == 30_730;
    struct Net {
        INPUT[32x32x3] -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
