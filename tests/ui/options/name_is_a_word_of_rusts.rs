use convnet::network;

network! {
    struct Net {
        INPUT[32x32x64] -> CONV3-64 -> CONV3-8 @fn -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
