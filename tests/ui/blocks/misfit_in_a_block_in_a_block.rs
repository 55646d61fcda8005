use convnet::network;

network! {
    block halve = CONV3-8 s2 p0;
    block quarter = halve -> halve;

    struct Net {
        INPUT[32x32x3] -> quarter -> FC10
    }
}

fn main() {
    let _ = Net::new(1).quarter1_halve1_conv1().weights();
}
