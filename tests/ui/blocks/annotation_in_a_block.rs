use convnet::network;

network! {
    block half(k) = CONV3-k -> POOL2 : [16x16x(k)];

    struct Net {
        INPUT[32x32x3] -> half(8) -> half(16) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).half2_conv1().weights();
}
