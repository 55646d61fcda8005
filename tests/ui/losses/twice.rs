use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> FC10 -> SVM -> SOFTMAX
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
