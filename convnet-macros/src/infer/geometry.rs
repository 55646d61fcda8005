//! The geometry of one layer on its input.

use convnet_geometry::{
    Activation, Average, BatchNorm, ConvolutionSpec, Custom, DenseSpec, Dropout, Extent, FractionalPooling,
    Function, GeometryError, LayerKind, Local, Maxout, PRelu, Padding, Pool, PoolingSpec, Real, Repair,
    ResponseNorm, Rounding, Volume, Window,
};

use crate::ast::{Layer, Numbers, OptionValue};
use crate::unroll::CustomStep;
use crate::vocabulary::{self, Meaning, Pooled};

/// The geometry of a layer whose numbers were worked out, perhaps with a change to its window.
pub(super) fn kind(layer: &Layer, input: Volume, change: Option<Repair>) -> Result<LayerKind, GeometryError> {
    let has = |wanted: fn(&OptionValue) -> bool| layer.options.iter().any(|option| wanted(&option.value));
    let window = || {
        let window = window(layer);
        change.map_or(window, |repair| repair.apply(window))
    };
    let count = || if let Numbers::Count(count) = &layer.numbers { count.get() } else { 0 };
    Ok(match layer.keyword.meaning {
        Meaning::Convolution => LayerKind::Convolution(convolution(layer, input, window()).check()?),
        Meaning::Local => LayerKind::Local(Local::check(convolution(layer, input, window()))?),
        Meaning::Pool(pooled) => {
            let uncounted = has(|option| matches!(option, OptionValue::Uncounted));
            let pool = match pooled {
                Pooled::Maximum => Pool::Max,
                Pooled::Average if uncounted => Pool::Average(Average::Uncounted),
                Pooled::Average => Pool::Average(Average::Counted),
                Pooled::L2 => Pool::L2,
                Pooled::Stochastic => Pool::Stochastic,
            };
            LayerKind::Pooling(PoolingSpec::new(input, window(), pool).check()?)
        }
        Meaning::GlobalAveragePool => {
            let whole = Window::new(input.width, input.height).strides(input.width, input.height);
            LayerKind::Pooling(PoolingSpec::new(input, whole, Pool::Average(Average::Counted)).check()?)
        }
        Meaning::FractionalPool => {
            LayerKind::FractionalPooling(FractionalPooling::check(input, layer.real("ratio"))?)
        }
        Meaning::Dense => {
            let bias = !has(|option| matches!(option, OptionValue::NoBias));
            let keep = layer.option(|option| match option {
                OptionValue::DropConnect(keep) => Some(Real::new(keep.real())),
                _ => None,
            });
            LayerKind::Dense(DenseSpec { input, outputs: count(), bias, keep }.check()?)
        }
        Meaning::Activation(function) => {
            LayerKind::Activation(Activation::new(input, activation(function, layer)))
        }
        Meaning::PRelu => LayerKind::PRelu(PRelu::new(input, layer.flag("shared"))),
        Meaning::Maxout => LayerKind::Maxout(Maxout::check(input, count())?),
        Meaning::BatchNorm => {
            LayerKind::BatchNorm(BatchNorm::new(input, layer.real("momentum"), layer.real("eps")))
        }
        Meaning::ResponseNorm => LayerKind::ResponseNorm(response(layer, input)),
        Meaning::Dropout => LayerKind::Dropout(Dropout::new(input, layer.real("keep"))),
        Meaning::Input | Meaning::Identity | Meaning::Join(_) | Meaning::Loss(_) => {
            unreachable!("`{}` is no layer", layer.head())
        }
    })
}

/// The geometry of a user's own layer.
pub(super) fn custom(step: &CustomStep<'_>, input: Volume) -> Result<LayerKind, GeometryError> {
    Ok(LayerKind::Custom(Custom::check(input, step.output, step.parameters, step.state)?))
}

fn convolution(layer: &Layer, input: Volume, window: Window) -> ConvolutionSpec {
    let Numbers::WindowAndCount(_, filters) = &layer.numbers else {
        unreachable!("`{}` has filters", layer.head())
    };
    let groups = layer.option(|option| match option {
        OptionValue::Groups(groups) => Some(groups.get()),
        _ => None,
    });
    let bias = !layer.options.iter().any(|option| matches!(option.value, OptionValue::NoBias));
    ConvolutionSpec { input, window, filters: filters.get(), groups: groups.unwrap_or(1), bias }
}

fn activation(function: vocabulary::Activation, layer: &Layer) -> Function {
    match function {
        vocabulary::Activation::Relu => Function::Relu,
        vocabulary::Activation::LeakyRelu => Function::LeakyRelu(Real::new(layer.real("slope"))),
        vocabulary::Activation::Elu => Function::Elu(Real::new(layer.real("alpha"))),
        vocabulary::Activation::Sigmoid => Function::Sigmoid,
        vocabulary::Activation::Tanh => Function::Tanh,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range of n was checked")]
fn response(layer: &Layer, volume: Volume) -> ResponseNorm {
    let [k, alpha, beta] = ["k", "alpha", "beta"].map(|name| Real::new(layer.real(name)));
    ResponseNorm { volume, n: layer.real("n") as usize, k, alpha, beta, over_n: layer.flag("alpha_over_n") }
}

/// Whether a layer's window slides as a convolution's does, by 1 and keeping the size.
pub(super) fn convolves(layer: &Layer) -> bool {
    matches!(layer.keyword.meaning, Meaning::Convolution | Meaning::Local)
}

/// The window of a layer, with the defaults of its keyword.
pub(super) fn window(layer: &Layer) -> Window {
    let (Numbers::WindowAndCount(filter, _) | Numbers::Window(filter)) = &layer.numbers else {
        unreachable!("`{}` has a window", layer.head())
    };
    let filter = filter.extent();
    let mut window = Window::new(filter.width, filter.height);
    if !convolves(layer) {
        window = window.strides(filter.width, filter.height);
    }
    let mut padding = None;
    for option in &layer.options {
        match &option.value {
            OptionValue::Stride(stride) => window.stride = stride.extent(),
            OptionValue::Dilation(dilation) => window.dilation = dilation.extent(),
            OptionValue::Padding(written) => padding = Some(written.get()),
            OptionValue::Floor => window.rounding = Rounding::Floor,
            OptionValue::Ceil => window.rounding = Rounding::Ceil,
            OptionValue::Groups(_)
            | OptionValue::NoBias
            | OptionValue::Uncounted
            | OptionValue::DropConnect(_) => {}
        }
    }
    window.padded(padding.unwrap_or_else(|| default_padding(layer, &window)))
}

/// A convolution keeps its size: d(F - 1)/2. Pooling has no padding.
fn default_padding(layer: &Layer, window: &Window) -> Padding {
    if !convolves(layer) {
        return Padding::NONE;
    }
    // A product that overflows gives a padding that overflows, which is reported as such.
    let keeping = |filter: usize, dilation: usize| dilation.saturating_mul(filter.saturating_sub(1)) / 2;
    Padding::per_axis(Extent {
        width: keeping(window.filter.width, window.dilation.width),
        height: keeping(window.filter.height, window.dilation.height),
    })
}
