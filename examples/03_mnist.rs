//! LeNet on MNIST, with a command line.
//!
//! ```text
//! cargo run --release --features cli --example 03_mnist -- train --data data/mnist-mini --epochs 5
//! cargo run --release --features cli --example 03_mnist -- eval --data data/mnist-mini
//! cargo run --release --features cli --example 03_mnist -- --help
//! ```

convnet::network! {
    /// LeNet-5 with RELU and maximum pooling, and batch normalization behind its convolutions.
    pub struct LeNet {
        INPUT[28x28x1] -> CONV5-16 nobias -> BN -> RELU -> POOL2 -> CONV5-32 p0 nobias -> BN -> RELU -> POOL2
        -> FC120 -> RELU -> DROPOUT(keep=0.5) -> FC84 -> RELU -> FC10
    }
}

fn main() {
    convnet::cli::run::<LeNet>();
}
