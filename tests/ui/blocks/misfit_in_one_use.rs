use convnet::network;

network! {
    block halve(k) =
        CONV3-k s2 p0 -> RELU;

    struct Net {
        INPUT[33x33x3] -> halve(8)
        -> halve(16) -> POOL2
        -> halve(32) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).halve3_conv1().weights();
}
