//! ZFNet.

crate::network! {
    /// ZFNet, which won ImageNet in 2013 (Zeiler and Fergus): AlexNet with a smaller filter and stride at the front.
    ///
    /// 224 fits neither of its strides exactly: the sizes of the paper, 110, 55, 26, 13 and 6, come of one pixel of padding
    /// before the first convolution and of partial windows that are dropped, or added behind the pooling.
    pub struct ZfNet {
        INPUT[224x224x3]
        -> CONV7-96 s2 p1 floor  -> RELU : [110x110x96] -> POOL3 s2 ceil  : [55x55x96] -> LRN
        -> CONV5-256 s2 p0       -> RELU : [26x26x256]  -> POOL3 s2 ceil  : [13x13x256] -> LRN
        -> [CONV3-384 -> RELU]*2 -> CONV3-256 -> RELU   -> POOL3 s2       : [6x6x256]
        -> [FC4096 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC1000
    }
    assert parameters == 62_357_608;
}
