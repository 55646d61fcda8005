use convnet::network;

network! {
    block square(f, k) = CONV(f)-k -> RELU;

    struct Net {
        INPUT[32x32x3] -> square(8) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).square1_conv1().weights();
}
