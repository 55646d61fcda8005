use convnet::network;

network! {
    block down(k, s) = ADD{ CONV1-k s(s) floor | ID };

    struct Net {
        INPUT[32x32x3] -> down(8, 1)
        -> down(16, 2) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).down2_add1_b1_conv1().weights();
}
