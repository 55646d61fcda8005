use convnet::network;

network! {
    block slide(s) = CONV3-8 s(s) p0 -> RELU;

    struct Net {
        INPUT[33x33x3] -> slide(2) -> slide(4) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).slide2_conv1().weights();
}
