//! The eight networks that are measured: the same as those of the comparison with other libraries.

use convnet::network;

network! {
    /// LeNet-5 with ReLUs and maximum pooling.
    pub struct LeNet {
        INPUT[28x28x1] -> CONV5-6 -> RELU -> POOL2 -> CONV5-16 p0 -> RELU -> POOL2
        -> FC120 -> RELU -> FC84 -> RELU -> FC10
    }

    /// Two 3x3 convolutions, as small as a VGG gets.
    pub struct CardNet { INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10 }

    /// A VGG for CIFAR-10.
    pub struct MiniVgg {
        INPUT[32x32x3]
        -> [CONV3-64 -> RELU]*2 -> POOL2 -> [CONV3-128 -> RELU]*2 -> POOL2 -> [CONV3-256 -> RELU]*2 -> POOL2
        -> FC256 -> RELU -> FC10
    }

    /// AlexNet in a single tower, without response normalization and dropout.
    pub struct AlexNet {
        INPUT[227x227x3]
        -> CONV11-96 s4 p0 -> RELU -> POOL3 s2 -> CONV5-256 -> RELU -> POOL3 s2
        -> [CONV3-384 -> RELU]*2 -> CONV3-256 -> RELU -> POOL3 s2
        -> [FC4096 -> RELU]*2 -> FC1000
    }

    /// VGG-16, configuration D, without dropout.
    pub struct Vgg16 {
        INPUT[224x224x3]
        -> [CONV3-64 -> RELU]*2 -> POOL2 -> [CONV3-128 -> RELU]*2 -> POOL2
        -> [[CONV3-256 -> RELU]*3 -> POOL2] -> [[CONV3-512 -> RELU]*3 -> POOL2]*2
        -> [FC4096 -> RELU]*2 -> FC1000
    }
    assert parameters == 138_357_544;
}

network! {
    block plain(k) = ADD{ CONV3-k nobias -> BN -> RELU -> CONV3-k nobias -> BN | ID } -> RELU;
    block halved(k) = ADD{
        CONV3-k s2 floor nobias -> BN -> RELU -> CONV3-k nobias -> BN | CONV1-k s2 floor nobias -> BN
    } -> RELU;

    /// The CIFAR-10 residual network of 20 layers.
    pub struct ResNet20 {
        INPUT[32x32x3] -> CONV3-16 nobias -> BN -> RELU
        -> [plain(16)]*3 -> halved(32) -> [plain(32)]*2 -> halved(64) -> [plain(64)]*2
        -> GAP -> FC10
    }
    assert parameters == 272_474;
}

pub(crate) use convnet::zoo::{ResNet18, ResNet50};
