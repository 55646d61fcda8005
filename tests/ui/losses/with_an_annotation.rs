use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> FC10 -> SOFTMAX : [1x1x10]
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
