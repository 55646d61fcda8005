use convnet::network;

network! {}

fn main() {}
