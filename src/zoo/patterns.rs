//! The sample patterns of the notes' chapter on layer patterns, on images of CIFAR-10.

crate::network! {
    /// `INPUT -> FC`: a linear classifier. N = M = K = 0.
    pub struct LinearClassifier { INPUT[32x32x3] -> FC10 }
    assert parameters == 30_730;

    /// `INPUT -> CONV -> RELU -> FC`.
    pub struct OneConvolution { INPUT[32x32x3] -> CONV3-32 -> RELU -> FC10 }
    assert parameters == 328_586;

    /// `INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC`: one convolution before every pooling.
    pub struct OneConvBetweenPools {
        INPUT[32x32x3] -> [CONV3-32 -> RELU -> POOL2]*2 -> FC128 -> RELU -> FC10
    }
    assert parameters == 273_706;

    /// `INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC`: two before every pooling, for larger and
    /// deeper networks.
    pub struct TwoConvsBetweenPools {
        INPUT[32x32x3] -> [[CONV3-32 -> RELU]*2 -> POOL2]*3 -> [FC128 -> RELU]*2 -> FC10
    }
    assert parameters == 130_602;
}
