use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CAT[ CONV3-3 | CONV1-3 ] -> FC10
    }
}

fn main() {
    let _ = Net::new(1).cat1_b1_conv1().weights();
}
