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

/// `POOLF`: the maximum of each FxF window, per channel.
///
/// By default the stride is F and the padding 0. Options: `s2`, `p1`, `floor`, `ceil`.
pub const POOL: Keyword = Keyword("POOL");

/// `AVGPOOLF`: the mean of each FxF window, per channel.
///
/// By default the stride is F and the padding 0. Options: `s2`, `p1`, `floor`, `ceil`, `uncounted` (padding does not
/// count in the mean).
pub const AVGPOOL: Keyword = Keyword("AVGPOOL");

/// `FCK`: a fully connected layer with K outputs, `[1x1xK]`. It flattens its input by itself. Option: `nobias`.
pub const FC: Keyword = Keyword("FC");

/// `RELU`: `max(0, x)`, in place.
pub const RELU: Keyword = Keyword("RELU");

/// `SOFTMAX`: softmax cross-entropy, the default loss of a network that ends in `[1x1xK]`.
pub const SOFTMAX: Keyword = Keyword("SOFTMAX");

/// `SVM(delta=1)`: the multiclass support vector machine loss with this margin.
pub const SVM: Keyword = Keyword("SVM");
