//! AlexNet.

crate::network! {
    /// AlexNet, which won ImageNet in 2012 (Krizhevsky, Sutskever and Hinton): the two halves that lay on two GPUs are
    /// groups.
    ///
    /// Its input is 227x227, whatever the paper says: (227 - 11)/4 + 1 = 55, and 224 would not fit.
    pub struct AlexNet {
        INPUT[227x227x3]
        -> CONV11-96 s4 p0 -> RELU -> LRN -> POOL3 s2       : [27x27x96]
        -> CONV5-256 g2    -> RELU -> LRN -> POOL3 s2       : [13x13x256]
        -> CONV3-384 -> RELU -> CONV3-384 g2 -> RELU -> CONV3-256 g2 -> RELU
        -> POOL3 s2                                         : [6x6x256]
        -> [FC4096 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC1000
    }
    assert parameters == 60_965_224;

    /// AlexNet as one tower: every filter sees every channel.
    pub struct AlexNetSingle {
        INPUT[227x227x3]
        -> CONV11-96 s4 p0 -> RELU -> LRN -> POOL3 s2       : [27x27x96]
        -> CONV5-256       -> RELU -> LRN -> POOL3 s2       : [13x13x256]
        -> [CONV3-384 -> RELU]*2 -> CONV3-256 -> RELU
        -> POOL3 s2                                         : [6x6x256]
        -> [FC4096 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC1000
    }
    assert parameters == 62_378_344;
}
