//! A small residual network on CIFAR-10, with a command line.
//!
//! ```text
//! cargo run --release --features cli --example 04_cifar10 -- train --data DIR --flip --crop 4 --epochs 30 --schedule one-cycle
//! cargo run --release --features cli --example 04_cifar10 -- eval --data DIR
//! ```
//!
//! DIR holds CIFAR-10's binary files, `data_batch_1.bin` and the others.

convnet::network! {
    block convolution(k) = CONV3-k nobias -> BN -> RELU;
    block residual(k)    = ADD{ [convolution(k)]*2 | ID };

    /// Nine layers with weights, after David Page's "How to train your ResNet", half as wide.
    pub struct ResNet9 {
        INPUT[32x32x3] -> convolution(32)
        -> convolution(64) -> POOL2 -> residual(64)
        -> convolution(128) -> POOL2
        -> convolution(256) -> POOL2 -> residual(256)
        -> POOL4 -> FC10 nobias -> SOFTMAX(smoothing=0.1)
    }
}

fn main() {
    convnet::cli::run::<ResNet9>();
}
