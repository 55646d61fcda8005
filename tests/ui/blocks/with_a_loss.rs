use convnet::network;

network! {
    block head = FC10 -> SOFTMAX;

    struct Net {
        INPUT[32x32x3] -> head
    }
}

fn main() {
    let _ = Net::new(1).head1_fc1().weights();
}
