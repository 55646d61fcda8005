use convnet::network;

network! {
    struct Net {}
}

fn main() {
    let _ = Net::new(1);
}
