use convnet::network;

network! {
    block plain(k) = ADD{ CONV3-k nobias -> BN | ID };

    struct Net {
        INPUT[32x32x3] -> CONV3-8 -> [plain(8)]*2 -> FC10
    }
    assert parameters == 1_000;
}

fn main() {
    let _ = Net::new(1).plain1_add1_b1_conv1().weights();
}
