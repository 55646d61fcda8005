//! VGGNet: nothing but 3x3 convolutions and 2x2 pooling.

crate::network! {
    /// `n` convolutions of `k` filters, then pooling.
    block stage(n, k) = [CONV3-k -> RELU]*n -> POOL2;

    /// Two hidden layers of 4096, and the classes.
    block head = [FC4096 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC1000;

    /// VGG-11, configuration A (Simonyan and Zisserman 2014).
    pub struct Vgg11 {
        INPUT[224x224x3]
        -> stage(1, 64) -> stage(1, 128) -> stage(2, 256) -> [stage(2, 512)]*2 : [7x7x512] -> head
    }
    assert parameters == 132_863_336;

    /// VGG-13, configuration B.
    pub struct Vgg13 {
        INPUT[224x224x3]
        -> stage(2, 64) -> stage(2, 128) -> stage(2, 256) -> [stage(2, 512)]*2 : [7x7x512] -> head
    }
    assert parameters == 133_047_848;

    /// VGG-19, configuration E.
    pub struct Vgg19 {
        INPUT[224x224x3]
        -> stage(2, 64) -> stage(2, 128) -> stage(4, 256) -> [stage(4, 512)]*2 : [7x7x512] -> head
    }
    assert parameters == 143_667_240;
}

crate::network! {
    /// VGG-16, configuration D: the network of the notes' table.
    pub struct Vgg16 {
        INPUT[224x224x3]
        -> [CONV3-64  -> RELU]*2 -> POOL2 : [112x112x64]
        -> [CONV3-128 -> RELU]*2 -> POOL2
        -> [CONV3-256 -> RELU]*3 -> POOL2
        -> [[CONV3-512 -> RELU]*3 -> POOL2]*2 : [7x7x512]
        -> [FC4096 -> RELU -> DROPOUT(keep=0.5)]*2 -> FC1000
    }
    assert parameters == 138_357_544;
}
