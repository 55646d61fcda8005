use convnet::network;

network! { -> }

fn main() {
    let _ = Net::new(1);
}
