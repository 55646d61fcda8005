//! Geometry as constants, written the way a person would write them.

use convnet_geometry::{
    Average, Convolution, Dense, Extent, LayerKind, Padding, Place, Pool, Pooling, Rounding, Volume, Window,
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

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
    let [training, inference, gradient] = [place.training, place.inference, place.gradient].map(count);
    quote!(rt::Place { volume: #volume, training: #training, inference: #inference, gradient: #gradient })
}

/// The type of a layer's geometry.
pub(super) fn ty(kind: &LayerKind) -> TokenStream {
    let name = variant(kind);
    quote!(rt::#name)
}

/// The variant of a layer's kind, which is called as its geometry.
fn variant(kind: &LayerKind) -> Ident {
    let name = match kind {
        LayerKind::Convolution(_) => "Convolution",
        LayerKind::Pooling(_) => "Pooling",
        LayerKind::Dense(_) => "Dense",
        other => unreachable!("{other:?} has no geometry of its own"),
    };
    Ident::new(name, Span::call_site())
}

/// The type of a layer's view of its parameters.
pub(super) fn view(kind: &LayerKind) -> TokenStream {
    match kind {
        LayerKind::Convolution(_) => quote!(rt::ConvolutionParameters),
        LayerKind::Dense(_) => quote!(rt::DenseParameters),
        other => unreachable!("{other:?} has no parameters"),
    }
}

/// The value of a layer's geometry.
pub(super) fn value(kind: &LayerKind) -> TokenStream {
    match kind {
        LayerKind::Convolution(layer) => convolution(layer),
        LayerKind::Pooling(layer) => pooling(layer),
        LayerKind::Dense(layer) => dense(layer),
        other => unreachable!("{other:?} has no geometry of its own"),
    }
}

/// A layer's kind, its geometry by the name of its constant.
pub(super) fn kind(kind: &LayerKind, constant: &Ident) -> TokenStream {
    match kind {
        LayerKind::Relu(on) => {
            let on = volume(*on);
            quote!(rt::LayerKind::Relu(#on))
        }
        other => {
            let variant = variant(other);
            quote!(rt::LayerKind::#variant(Self::#constant))
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
    quote!(rt::ConvolutionSpec::new(#input, #window, #filters) #groups #bias .geometry())
}

fn pooling(layer: &Pooling) -> TokenStream {
    let (input, window) = (volume(layer.input()), window(layer.window()));
    let pool = match layer.pool() {
        Pool::Max => quote!(rt::Pool::Max),
        Pool::Average(Average::Counted) => quote!(rt::Pool::Average(rt::Average::Counted)),
        Pool::Average(Average::Uncounted) => quote!(rt::Pool::Average(rt::Average::Uncounted)),
    };
    quote!(rt::PoolingSpec::new(#input, #window, #pool).geometry())
}

fn dense(layer: &Dense) -> TokenStream {
    let (input, outputs) = (volume(layer.input()), count(layer.outputs()));
    let bias = (!layer.has_bias()).then(|| quote!(.without_bias()));
    quote!(rt::DenseSpec::new(#input, #outputs) #bias .geometry())
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
