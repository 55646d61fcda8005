use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> (Scale, parameters=3) -> FC10
    }
}

fn main() {
    let _ = Net::new(1).scale1();
}
