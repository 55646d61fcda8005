use convnet::network;

static ANIMALS: usize = 10;

network! {
    struct Net {
        INPUT[32x32x3] -> FC10 -> HSOFTMAX(ANIMALS)
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
