use convnet::network;

network! {
    block plain(k) = CONV3-k -> RELUU;
    block half(k) = CONV3-k nobiass -> POOL2;

    struct Net {
        INPUT[32x32x3] -> plain(8) -> half(16) -> POOL -> FC10
    }
}

fn main() {
    let _ = Net::new(1).half1_conv1().weights();
}
