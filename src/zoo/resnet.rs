//! ResNet for ImageNet.

crate::network! {
    /// The first layers of all of them.
    block stem = CONV7-64 s2 floor nobias -> BN -> RELU -> POOL3 s2 p1 floor;

    /// Two 3x3 convolutions around which a shortcut leads.
    block basic(k) = ADD{ CONV3-k nobias -> BN -> RELU -> CONV3-k nobias -> BN | ID } -> RELU;
    /// The same at half the size.
    block basic_down(k) = ADD{
        CONV3-k s2 floor nobias -> BN -> RELU -> CONV3-k nobias -> BN | CONV1-k s2 floor nobias -> BN
    } -> RELU;

    /// ResNet-18, which won ImageNet in 2015 with its larger siblings (He et al.).
    pub struct ResNet18 {
        INPUT[224x224x3] -> stem -> [basic(64)]*2
        -> basic_down(128) -> basic(128) -> basic_down(256) -> basic(256) -> basic_down(512) -> basic(512)
        -> GAP -> FC1000
    }
    assert parameters == 11_689_512;

    /// ResNet-34.
    pub struct ResNet34 {
        INPUT[224x224x3] -> stem -> [basic(64)]*3
        -> basic_down(128) -> [basic(128)]*3 -> basic_down(256) -> [basic(256)]*5
        -> basic_down(512) -> [basic(512)]*2
        -> GAP -> FC1000
    }
    assert parameters == 21_797_672;
}

crate::network! {
    block stem = CONV7-64 s2 floor nobias -> BN -> RELU -> POOL3 s2 p1 floor;
    /// 1x1 to `k` filters, 3x3 with stride `s`, 1x1 to 4k; the shortcut is projected to the same volume.
    block first(k, s) = ADD{
        CONV1-k nobias -> BN -> RELU -> CONV3-k s(s) floor nobias -> BN -> RELU -> CONV1-(4*k) nobias -> BN
        | CONV1-(4*k) s(s) floor nobias -> BN
    } -> RELU;
    /// 1x1, 3x3, 1x1 around which a shortcut leads.
    block next(k) = ADD{
        CONV1-k nobias -> BN -> RELU -> CONV3-k nobias -> BN -> RELU -> CONV1-(4*k) nobias -> BN | ID
    } -> RELU;
    /// A bottleneck with a projection, and `n` without.
    block stage(k, s, n) = first(k, s) -> [next(k)]*n;

    /// ResNet-50, of bottlenecks. The second convolution of a bottleneck has the stride, as in torchvision (the paper: the
    /// first).
    pub struct ResNet50 {
        INPUT[224x224x3] -> stem -> stage(64, 1, 2) -> stage(128, 2, 3) -> stage(256, 2, 5) -> stage(512, 2, 2)
        -> GAP -> FC1000
    }
    assert parameters == 25_557_032;

    /// ResNet-101.
    pub struct ResNet101 {
        INPUT[224x224x3] -> stem -> stage(64, 1, 2) -> stage(128, 2, 3) -> stage(256, 2, 22) -> stage(512, 2, 2)
        -> GAP -> FC1000
    }
    assert parameters == 44_549_160;

    /// ResNet-152.
    pub struct ResNet152 {
        INPUT[224x224x3] -> stem -> stage(64, 1, 2) -> stage(128, 2, 7) -> stage(256, 2, 35) -> stage(512, 2, 2)
        -> GAP -> FC1000
    }
    assert parameters == 60_192_808;
}
