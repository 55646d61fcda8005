//! The words of the notation, one documented item each: what an editor shows when the pointer is on one.
//!
//! The macro names the item of every keyword that a network uses; nothing else needs them.

/// A keyword of the notation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keyword(&'static str);

impl Keyword {
    /// The keyword, as the notation writes it.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// `INPUT[WxHxD]`: the volume of one image, width x height x depth. It stands first, once.
pub const INPUT: Keyword = Keyword("INPUT");

/// `CONVF-K`: a convolution with K filters of FxF; `CONV3x5-64` has filters 3 wide and 5 high.
///
/// By default the stride is 1 and the padding (F-1)/2, so that the size is kept. Output `(W - F + 2P)/S + 1` per axis,
/// depth K; `F*F*D*K` weights and K biases. Options: `s2` `s2x1` (stride), `p0` `p3:2` `p1x0` (padding), `d2`
/// (dilation), `g4` (groups), `floor` `ceil`, `nobias`.
pub const CONV: Keyword = Keyword("CONV");

/// `LOCALF-K`: locally connected. A convolution whose filters are not shared: each position has its own, and its own biases.
///
/// Numbers, defaults and options are those of `CONV`; there are `F*F*D*K` weights for every position of the output.
pub const LOCAL: Keyword = Keyword("LOCAL");

/// `POOLF`: the maximum of each FxF window, per channel.
///
/// By default the stride is F and the padding 0. Options: `s2`, `p1`, `floor`, `ceil`.
pub const POOL: Keyword = Keyword("POOL");

/// `AVGPOOLF`: the mean of each FxF window, per channel.
///
/// By default the stride is F and the padding 0. Options: `s2`, `p1`, `floor`, `ceil`, `uncounted` (padding does not
/// count in the mean).
pub const AVGPOOL: Keyword = Keyword("AVGPOOL");

/// `L2POOLF`: the square root of the sum of squares of each FxF window, per channel.
///
/// By default the stride is F and the padding 0. Options: `s2`, `p1`, `floor`, `ceil`.
pub const L2POOL: Keyword = Keyword("L2POOL");

/// `STOCHPOOLF`: stochastic pooling. While training one number of each FxF window is drawn, with a probability in proportion
/// to it; in inference the window's mean, weighted by those probabilities.
///
/// By default the stride is F and the padding 0. Options: `s2`, `p1`, `floor`, `ceil`.
pub const STOCHPOOL: Keyword = Keyword("STOCHPOOL");

/// `FRACPOOL(1.41)`: fractional maximum pooling. Each side is cut into floor(W/1.41) regions of unequal size, at random.
pub const FRACPOOL: Keyword = Keyword("FRACPOOL");

/// `GAP`: global average pooling, the mean of each channel, `[1x1xD]`.
pub const GAP: Keyword = Keyword("GAP");

/// `FCK`: a fully connected layer with K outputs, `[1x1xK]`. It flattens its input by itself.
///
/// Options: `nobias`, `dropconnect(keep=0.5)` (while training each weight is kept with this probability).
pub const FC: Keyword = Keyword("FC");

/// `RELU`: `max(0, x)`, in place where nothing else needs its input.
pub const RELU: Keyword = Keyword("RELU");

/// `LRELU(0.01)`: leaky ReLU, `x` above 0 and `0.01 x` elsewhere. The slope is 0.01 if none is written.
pub const LRELU: Keyword = Keyword("LRELU");

/// `PRELU`: parametric ReLU, `x` above 0 and `a x` elsewhere with `a` learned, one a channel; `PRELU(shared)` has one for all.
pub const PRELU: Keyword = Keyword("PRELU");

/// `ELU(1.0)`: `x` above 0 and `alpha (e^x - 1)` elsewhere. Alpha is 1 if none is written.
pub const ELU: Keyword = Keyword("ELU");

/// `SIGMOID`: `1/(1 + e^-x)`.
pub const SIGMOID: Keyword = Keyword("SIGMOID");

/// `TANH`: the hyperbolic tangent.
pub const TANH: Keyword = Keyword("TANH");

/// `MAXOUTn`: the maximum over groups of n neighbouring channels; the depth is divided by n.
pub const MAXOUT: Keyword = Keyword("MAXOUT");

/// `BN`: batch normalization per channel, with a learned scale and shift; behind `FC` per feature.
///
/// `BN(momentum=0.9, eps=1e-5)` are the defaults: `running = momentum * running + (1 - momentum) * batch`.
pub const BN: Keyword = Keyword("BN");

/// `LRN`: local response normalization across channels, `x/(k + alpha * sum of squares of n channels)^beta`.
///
/// `LRN(n=5, k=2, alpha=1e-4, beta=0.75)` are the defaults, AlexNet's; `LRN(alpha_over_n)` divides alpha by n, as Caffe
/// and torch do.
pub const LRN: Keyword = Keyword("LRN");

/// `DROPOUT(keep=0.5)`: inverted dropout. While training each number is kept with this probability, the notes' p, and
/// divided by it; inference changes nothing.
pub const DROPOUT: Keyword = Keyword("DROPOUT");

/// `CAT{ a | b | ... }`: branches side by side, stacked in depth. They agree in width and height.
pub const CAT: Keyword = Keyword("CAT");

/// `ADD{ a | b | ... }`: branches summed. They agree in the whole volume.
pub const ADD: Keyword = Keyword("ADD");

/// `ID`: the branch that does nothing.
pub const ID: Keyword = Keyword("ID");

/// `SOFTMAX(smoothing=0)`: softmax cross-entropy, the default loss of a network that ends in `[1x1xK]`; that share of each
/// label is spread over all classes. Targets are labels.
pub const SOFTMAX: Keyword = Keyword("SOFTMAX");

/// `SVM(delta=1)`: the multiclass support vector machine loss with this margin. Targets are labels.
pub const SVM: Keyword = Keyword("SVM");

/// `SVM2(delta=1)`: the multiclass support vector machine with squared hinges. Targets are labels.
pub const SVM2: Keyword = Keyword("SVM2");

/// `OVA`: one binary support vector machine a class, against all others. Targets are labels.
pub const OVA: Keyword = Keyword("OVA");

/// `LOGISTIC(positives=1)`: attributes by logistic regression, those present times `positives`. Targets are a
/// `bool` for each score.
pub const LOGISTIC: Keyword = Keyword("LOGISTIC");

/// `HINGE(C=1, positives=1)`: attributes by binary hinges, times the notes' C, those present times `positives`. Targets are
/// a `bool` for each score.
pub const HINGE: Keyword = Keyword("HINGE");

/// `L2`: regression by the squared distance. Targets are numbers, as many as scores.
pub const L2: Keyword = Keyword("L2");

/// `L1`: regression by the absolute distance. Targets are numbers, as many as scores.
pub const L1: Keyword = Keyword("L1");

/// `HSOFTMAX(path::TREE)`: softmax over a tree of classes, a `static` [`Tree`](crate::losses::Tree). Targets are labels.
pub const HSOFTMAX: Keyword = Keyword("HSOFTMAX");

/// `LOSS(path::ToType)`: a loss of your own, a type that implements [`Loss`](crate::losses::Loss), `Clone` and `Default`.
pub const LOSS: Keyword = Keyword("LOSS");

/// `STRUCTURED(path::ToType)`: the structured support vector machine over a type that implements
/// [`Structure`](crate::losses::Structure). Targets are structures.
pub const STRUCTURED: Keyword = Keyword("STRUCTURED");
