use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONV3-64 @stem -> RELU -> CONV3-8 @stem -> FC10
    }
}

fn main() {
    let _ = Net::new(1).stem().weights();
}
