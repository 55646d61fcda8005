//! ResNet for CIFAR-10.

crate::network! {
    /// Two 3x3 convolutions around which a shortcut leads.
    block plain(k)  = ADD{ CONV3-k nobias -> BN -> RELU -> CONV3-k nobias -> BN | ID } -> RELU;
    /// The same at half the size; the shortcut is projected (the paper's option B).
    block halved(k) = ADD{
        CONV3-k s2 floor nobias -> BN -> RELU -> CONV3-k nobias -> BN | CONV1-k s2 floor nobias -> BN
    } -> RELU;
    /// Three stages of `n + 1` blocks.
    block stages(n) = CONV3-16 nobias -> BN -> RELU
        -> plain(16) -> [plain(16)]*n -> halved(32) -> [plain(32)]*n -> halved(64) -> [plain(64)]*n;

    /// The residual network of 20 layers for CIFAR-10 (He et al. 2015).
    pub struct ResNet20 { INPUT[32x32x3] -> stages(2) -> GAP -> FC10 }
    assert parameters == 272_474;

    /// The residual network of 56 layers for CIFAR-10.
    pub struct ResNet56 { INPUT[32x32x3] -> stages(8) -> GAP -> FC10 }
    assert parameters == 855_770;
}
