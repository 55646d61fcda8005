//! Geometry as constants, written the way a person would write them.

use convnet_geometry::{
    Average, Convolution, Dense, Extent, Function, Join, LayerKind, Padding, Place, Pool, Pooling, Real,
    ResponseNorm, Rounding, Volume, Window,
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::Path;

/// A count with its thousands apart, as clippy likes them: `138_357_544`.
pub(super) fn count(count: usize) -> Literal {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped.parse().expect("digits and underscores are a literal")
}

fn size(size: usize) -> Literal {
    Literal::usize_unsuffixed(size)
}

pub(super) fn volume(volume: Volume) -> TokenStream {
    let [width, height, depth] = [volume.width, volume.height, volume.depth].map(size);
    quote!(rt::Volume::new(#width, #height, #depth))
}

pub(super) fn place(place: &Place) -> TokenStream {
    let volume = volume(place.volume);
    let [inference, gradient] = [place.inference, place.gradient].map(count);
    quote!(rt::Place::new(#volume, #inference, #gradient))
}

/// The variant of a layer's kind, which is called as its geometry.
pub(super) fn variant(kind: &LayerKind) -> Ident {
    let name = match kind {
        LayerKind::Convolution(_) => "Convolution",
        LayerKind::Local(_) => "Local",
        LayerKind::Pooling(_) => "Pooling",
        LayerKind::FractionalPooling(_) => "FractionalPooling",
        LayerKind::Dense(_) => "Dense",
        LayerKind::Activation(_) => "Activation",
        LayerKind::PRelu(_) => "PRelu",
        LayerKind::Maxout(_) => "Maxout",
        LayerKind::BatchNorm(_) => "BatchNorm",
        LayerKind::ResponseNorm(_) => "ResponseNorm",
        LayerKind::Dropout(_) => "Dropout",
        LayerKind::Joint(_) => "Joint",
        LayerKind::Custom(_) => "Custom",
        other => unreachable!("{other:?} has no code"),
    };
    Ident::new(name, Span::call_site())
}

/// The type of a layer's view of its parameters.
pub(super) fn view(kind: &LayerKind) -> TokenStream {
    match kind {
        LayerKind::Convolution(_) => quote!(rt::ConvolutionParameters),
        LayerKind::Local(_) => quote!(rt::LocalParameters),
        LayerKind::Dense(_) => quote!(rt::DenseParameters),
        LayerKind::PRelu(_) => quote!(rt::PReluParameters),
        LayerKind::BatchNorm(_) => quote!(rt::BatchNormParameters),
        LayerKind::Custom(_) => quote!(rt::CustomParameters),
        other => unreachable!("{other:?} has no parameters"),
    }
}

/// The value of a layer's geometry; `custom` is the type of a user's own.
pub(super) fn value(kind: &LayerKind, custom: Option<&Path>) -> TokenStream {
    match kind {
        LayerKind::Convolution(layer) => {
            let spec = convolution(layer);
            quote!(#spec.geometry())
        }
        LayerKind::Local(layer) => {
            let spec = convolution(layer.shared());
            quote!(rt::Local::new(#spec))
        }
        LayerKind::Pooling(layer) => pooling(layer),
        LayerKind::FractionalPooling(layer) => {
            let (input, ratio) = (volume(layer.input()), real(layer.ratio()));
            quote!(rt::FractionalPooling::new(#input, #ratio))
        }
        LayerKind::Dense(layer) => dense(layer),
        LayerKind::Activation(layer) => {
            let (volume, function) = (volume(layer.volume), function(layer.function));
            quote!(rt::Activation::new(#volume, rt::Function::#function))
        }
        LayerKind::PRelu(layer) => {
            let (volume, shared) = (volume(layer.volume), layer.shared);
            quote!(rt::PRelu::new(#volume, #shared))
        }
        LayerKind::Maxout(layer) => {
            let (input, pieces) = (volume(layer.input()), size(layer.pieces()));
            quote!(rt::Maxout::new(#input, #pieces))
        }
        LayerKind::BatchNorm(layer) => {
            let (volume, momentum, epsilon) =
                (volume(layer.volume), real(layer.momentum), real(layer.epsilon));
            quote!(rt::BatchNorm::new(#volume, #momentum, #epsilon))
        }
        LayerKind::ResponseNorm(layer) => response(layer),
        LayerKind::Dropout(layer) => {
            let (volume, keep) = (volume(layer.volume), real(layer.keep));
            quote!(rt::Dropout::new(#volume, #keep))
        }
        LayerKind::Joint(joint) => {
            let output = volume(joint.output);
            let join = match joint.join {
                Join::Stack => quote!(Stack),
                Join::Sum => quote!(Sum),
            };
            quote!(rt::Joint { join: rt::Join::#join, output: #output })
        }
        LayerKind::Custom(layer) => {
            let (input, output) = (volume(layer.input()), volume(layer.output()));
            let counts = layer.counts();
            let [parameters, state] = [counts.own, counts.state].map(count);
            let saved = custom.map(|path| quote!(.saving(<#path as rt::CustomLayer<f32>>::SAVED)));
            quote!(rt::Custom::new(#input, #output, #parameters, #state) #saved)
        }
        other => unreachable!("{other:?} has no code"),
    }
}

/// A real number with a point in it, as Rust likes them.
pub(super) fn real(real: Real) -> Literal {
    Literal::f64_unsuffixed(real.get())
}

fn function(function: Function) -> TokenStream {
    match function {
        Function::Relu => quote!(Relu),
        Function::LeakyRelu(slope) => {
            let slope = real(slope);
            quote!(LeakyRelu(rt::Real::new(#slope)))
        }
        Function::Elu(alpha) => {
            let alpha = real(alpha);
            quote!(Elu(rt::Real::new(#alpha)))
        }
        Function::Sigmoid => quote!(Sigmoid),
        Function::Tanh => quote!(Tanh),
        other => unreachable!("{other:?} has no code"),
    }
}

fn response(layer: &ResponseNorm) -> TokenStream {
    let (volume, n, over_n) = (volume(layer.volume), size(layer.n), layer.over_n);
    let [k, alpha, beta] = [layer.k, layer.alpha, layer.beta].map(real);
    quote! {
        rt::ResponseNorm {
            volume: #volume,
            n: #n,
            k: rt::Real::new(#k),
            alpha: rt::Real::new(#alpha),
            beta: rt::Real::new(#beta),
            over_n: #over_n,
        }
    }
}

fn convolution(layer: &Convolution) -> TokenStream {
    let (input, window, filters) = (volume(layer.input()), window(layer.window()), count(layer.filters()));
    let groups = (layer.groups() != 1).then(|| {
        let groups = size(layer.groups());
        quote!(.groups(#groups))
    });
    let bias = (!layer.has_bias()).then(|| quote!(.without_bias()));
    quote!(rt::ConvolutionSpec::new(#input, #window, #filters) #groups #bias)
}

fn pooling(layer: &Pooling) -> TokenStream {
    let (input, window) = (volume(layer.input()), window(layer.window()));
    let pool = match layer.pool() {
        Pool::Max => quote!(rt::Pool::Max),
        Pool::Average(Average::Counted) => quote!(rt::Pool::Average(rt::Average::Counted)),
        Pool::Average(Average::Uncounted) => quote!(rt::Pool::Average(rt::Average::Uncounted)),
        Pool::L2 => quote!(rt::Pool::L2),
        Pool::Stochastic => quote!(rt::Pool::Stochastic),
    };
    quote!(rt::PoolingSpec::new(#input, #window, #pool).geometry())
}

fn dense(layer: &Dense) -> TokenStream {
    let (input, outputs) = (volume(layer.input()), count(layer.outputs()));
    let bias = (!layer.has_bias()).then(|| quote!(.without_bias()));
    let keep = layer.keep().map(|keep| {
        let keep = real(keep);
        quote!(.drop_connect(#keep))
    });
    quote!(rt::DenseSpec::new(#input, #outputs) #bias #keep .geometry())
}

fn window(window: Window) -> TokenStream {
    let Window { filter, stride, dilation, padding, rounding } = window;
    let new = if filter.is_square() {
        let side = size(filter.width);
        quote!(rt::Window::square(#side))
    } else {
        let [width, height] = [filter.width, filter.height].map(size);
        quote!(rt::Window::new(#width, #height))
    };
    let stride = per_axis(stride, quote!(.stride), quote!(.strides));
    let dilation = per_axis(dilation, quote!(.dilation), quote!(.dilations));
    let padding = self::padding(padding);
    let rounding = match rounding {
        Rounding::Exact => TokenStream::new(),
        Rounding::Floor => quote!(.rounding(rt::Rounding::Floor)),
        Rounding::Ceil => quote!(.rounding(rt::Rounding::Ceil)),
    };
    quote!(#new #stride #dilation #padding #rounding)
}

/// A call of one method where both axes are the same, of the other where they differ, of none where both are 1.
fn per_axis(extent: Extent, square: TokenStream, rectangular: TokenStream) -> TokenStream {
    let [width, height] = [extent.width, extent.height].map(size);
    match (extent.width, extent.height) {
        (1, 1) => TokenStream::new(),
        (a, b) if a == b => quote!(#square(#width)),
        _ => quote!(#rectangular(#width, #height)),
    }
}

fn padding(padding: Padding) -> TokenStream {
    let Padding { left, right, top, bottom } = padding;
    if padding == Padding::NONE {
        return TokenStream::new();
    }
    let [left, right, top, bottom] = [left, right, top, bottom].map(size);
    if padding == Padding::even(padding.left) {
        return quote!(.padding(#left));
    }
    quote!(.padded(rt::Padding { left: #left, right: #right, top: #top, bottom: #bottom }))
}
