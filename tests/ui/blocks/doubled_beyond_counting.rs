use convnet::network;

network! {
    block a = CONV3-8 -> CONV3-8;
    block b = [a]*1000;
    block c = [b]*1000;

    struct Net {
        INPUT[32x32x3] -> c -> FC10
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
