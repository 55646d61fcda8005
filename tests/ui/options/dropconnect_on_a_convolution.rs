use convnet::network;

network! {
    struct Net {
        INPUT[32x32x64] -> CONV3-64 -> CONV3-8 dropconnect(keep=0.5) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv2().weights();
}
