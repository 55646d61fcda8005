use convnet::losses::{Node::Class, Tree};
use convnet::network;

static ANIMALS: Tree = Tree::new(&[Class(0), Class(1), Class(2)]);

network! {
    struct Net {
        INPUT[32x32x3] -> FC10 -> HSOFTMAX(ANIMALS)
    }
}

fn main() {
    let _ = Net::new(1).fc1().weights();
}
