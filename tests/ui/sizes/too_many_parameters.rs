use convnet::network;

network! {
    struct Net {
        INPUT[4000000000x1x1] -> FC9999999999
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
