use convnet::network;

network! {
    block plain(k) = CONV3-k;

    struct Net {
        INPUT[32x32x3] -> plain(8)
    }
    assert output == [32x32x(k)];
}

fn main() {
    let _ = Net::new(1).plain1_conv1().weights();
}
