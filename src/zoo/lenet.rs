//! LeNet-5.

crate::network! {
    /// LeNet-5, the first network that convolved its way to success (LeCun et al. 1998).
    ///
    /// As it is taught today: average pooling for its trainable subsampling, every filter of the second convolution on
    /// every channel (the paper leaves some out), and a plain fully connected output for its Gaussian one.
    pub struct LeNet5 {
        INPUT[32x32x1]
        -> CONV5-6  p0 -> TANH -> AVGPOOL2 : [14x14x6]
        -> CONV5-16 p0 -> TANH -> AVGPOOL2 : [5x5x16]
        -> FC120 -> TANH -> FC84 -> TANH -> FC10
    }
    assert parameters == 61_706;
}
