//! GoogLeNet.

crate::network! {
    /// Inception: 1x1, 3x3 and 5x5 convolutions and pooling side by side, `r` and `q` filters before the larger two.
    block inception(a, r, b, q, c, e) = CAT{
        CONV1-a -> RELU
        | CONV1-r -> RELU -> CONV3-b -> RELU
        | CONV1-q -> RELU -> CONV5-c -> RELU
        | POOL3 s1 p1 -> CONV1-e -> RELU
    };

    /// GoogLeNet, which won ImageNet in 2014 (Szegedy et al.), without its auxiliary classifiers.
    pub struct GoogLeNet {
        INPUT[224x224x3]
        -> CONV7-64 s2 floor -> RELU -> POOL3 s2 ceil -> LRN(k=1, alpha_over_n)
        -> CONV1-64 -> RELU -> CONV3-192 -> RELU -> LRN(k=1, alpha_over_n) -> POOL3 s2 ceil : [28x28x192]
        -> inception( 64,  96, 128, 16,  32,  32)                              : [28x28x256]
        -> inception(128, 128, 192, 32,  96,  64) -> POOL3 s2 ceil             : [14x14x480]
        -> inception(192,  96, 208, 16,  48,  64)                              : [14x14x512]
        -> inception(160, 112, 224, 24,  64,  64)
        -> inception(128, 128, 256, 24,  64,  64)
        -> inception(112, 144, 288, 32,  64,  64)                              : [14x14x528]
        -> inception(256, 160, 320, 32, 128, 128) -> POOL3 s2 ceil             : [7x7x832]
        -> inception(256, 160, 320, 32, 128, 128)
        -> inception(384, 192, 384, 48, 128, 128)                              : [7x7x1024]
        -> GAP -> DROPOUT(keep=0.6) -> FC1000
    }
    assert parameters == 6_998_552;
}
