use convnet::network;

network! {
    struct Net {
        INPUT[32x32x3] -> CONVV3-64 -> RELU -> POOL? -> FC
    }
}

fn main() {
    let net = Net::new(1);
    let _ = (net.conv1().weights(), net.fc1().bias());
}
