use convnet::network;

network! {
    struct Net {
        INPUT[32x32x64] -> CONV3-64 -> FC100 dropconnect -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
