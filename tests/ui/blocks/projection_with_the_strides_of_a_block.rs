use convnet::network;

network! {
    block down(k, s) = ADD{ CONV3-k s(s) p(1):(s - 1) | ID };

    struct Net {
        INPUT[32x32x3] -> down(8, 1)
        -> down(16, 2) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).down2_add1_b1_conv1().weights();
}
