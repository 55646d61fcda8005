use convnet::network;

network! {
    struct Net {
        INPUT[32x32x64] -> CONV3-64 -> DROPOUT(keep=0) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).conv1().weights();
}
