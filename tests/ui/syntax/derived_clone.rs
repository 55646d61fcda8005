use convnet::network;

network! {
    #[derive(Clone)]
    struct Net {
        INPUT[32x32x3] -> CONV3-64 -> FC
    }
}

fn main() {
    let _ = Net::new(1).clone().conv1().weights();
}
