//! The rule against windows that are laid out one by one, with dilation, uneven padding and both roundings.

use convnet_geometry::{
    AxisWindow, GeometryError, Misfit, Padding, Pool, PoolingSpec, Repair, Repairs, Rounding, Volume, Window,
    output_size,
};
use proptest::prelude::*;

/// Slides a window over the cells of a padded axis, step by step, and counts where it can stop.
fn enumerate(axis: AxisWindow, rounding: Rounding) -> Result<usize, Misfit> {
    let end = axis.before + axis.input + axis.after;
    let last_tap =
        |start: usize| (0..axis.filter).map(|tap| start + tap * axis.dilation).max().expect("a tap");
    let (mut windows, mut start) = (0, 0);
    while last_tap(start) < end {
        windows += 1;
        start += axis.stride;
    }
    if windows == 0 {
        return Err(Misfit::TooLarge);
    }
    let leftover = last_tap(start - axis.stride) + 1 != end;
    match rounding {
        Rounding::Exact if leftover => Err(Misfit::DoesNotDivide),
        // A partial window must hold a cell of the input or of the padding before it where it begins.
        Rounding::Ceil if leftover && start < axis.before + axis.input => Ok(windows + 1),
        _ => Ok(windows),
    }
}

fn axis_windows() -> impl Strategy<Value = AxisWindow> {
    (1_usize..30, 1_usize..8, 1_usize..6, 1_usize..4, 0_usize..6, 0_usize..6).prop_map(
        |(input, filter, stride, dilation, before, after)| AxisWindow {
            input,
            filter,
            stride,
            dilation,
            before,
            after,
        },
    )
}

fn roundings() -> impl Strategy<Value = Rounding> {
    prop_oneof![Just(Rounding::Exact), Just(Rounding::Floor), Just(Rounding::Ceil)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_rule_counts_windows(axis in axis_windows(), rounding in roundings()) {
        prop_assert_eq!(output_size(axis, rounding), enumerate(axis, rounding));
    }

    /// The same through the layer's geometry, where pooling also refuses padding as wide as its window.
    #[test]
    fn pooling_counts_windows_per_axis(w in axis_windows(), h in axis_windows(), rounding in roundings()) {
        let padding = Padding { left: w.before, right: w.after, top: h.before, bottom: h.after };
        let window = Window::new(w.filter, h.filter).strides(w.stride, h.stride).padded(padding).rounding(rounding);
        let spec = PoolingSpec::new(Volume::new(w.input, h.input, 3), window, Pool::Max);
        let undilated = |axis| enumerate(AxisWindow { dilation: 1, ..axis }, rounding);
        let covered = w.before.max(w.after) >= w.filter || h.before.max(h.after) >= h.filter;
        match (spec.check(), undilated(w), undilated(h)) {
            (Ok(pooling), Ok(width), Ok(height)) => {
                prop_assert!(!covered);
                prop_assert_eq!(pooling.output(), Volume::new(width, height, 3));
            }
            (Err(GeometryError::OnlyPadding { .. }), Ok(_), Ok(_)) => prop_assert!(covered),
            (Err(GeometryError::TooLarge { .. }), width, height) => {
                prop_assert!(width == Err(Misfit::TooLarge) || height == Err(Misfit::TooLarge));
            }
            (Err(GeometryError::DoesNotDivide { .. }), width, height) => {
                prop_assert!(width == Err(Misfit::DoesNotDivide) || height == Err(Misfit::DoesNotDivide));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// Whatever is proposed makes the window fit, with the output that is promised.
    #[test]
    fn repairs_are_right(w in axis_windows(), h in axis_windows(), pooling: bool) {
        let input = Volume::new(w.input, h.input, 1);
        let window = Window::new(w.filter, h.filter).strides(w.stride, h.stride).padded(Padding::uneven(w.before, w.after));
        for (repair, output) in Repairs::new(input, window, pooling).iter() {
            let repaired = repair.apply(window);
            prop_assert_eq!(repaired.output(input), Ok(output));
            if pooling {
                prop_assert!(PoolingSpec::new(input, repaired, Pool::Max).check().is_ok(), "{}", repair);
            }
            if let Repair::Stride(stride) = repair {
                prop_assert!(stride.width > 0 && stride.height > 0);
            }
        }
    }
}

#[test]
fn the_notes_own_example_offers_what_they_would_do() {
    let repairs: Vec<String> = Repairs::new(Volume::new(10, 10, 1), Window::square(3).stride(2), false)
        .iter()
        .map(|(repair, output)| format!("{repair} gives {output}"))
        .collect();
    assert_eq!(repairs, ["s1 gives 8x8", "p1:0 gives 5x5", "floor gives 4x4", "ceil gives 5x5"]);
}

#[test]
fn sizes_at_the_edge_of_the_integers_are_errors() {
    let huge = AxisWindow { input: usize::MAX, filter: 3, stride: 1, dilation: 1, before: 1, after: 1 };
    assert_eq!(output_size(huge, Rounding::Exact), Err(Misfit::Overflow));
    let wide = AxisWindow { input: 8, filter: usize::MAX, dilation: 2, before: 0, after: 0, ..huge };
    assert_eq!(output_size(wide, Rounding::Exact), Err(Misfit::Overflow));
    let volume = Volume::new(usize::MAX, 2, 1);
    assert!(matches!(volume.checked_count(), Err(GeometryError::Overflow { .. })));
    assert!(wide.to_string().ends_with("out of range"));
}

/// The search for repairs ends, and overflows nowhere, whatever the sizes.
#[test]
fn repairs_of_huge_windows_end() {
    let window = Window::square(usize::MAX - 3)
        .stride(usize::MAX / 2)
        .dilation(5)
        .padded(Padding::uneven(usize::MAX, usize::MAX));
    for side in [1, 1000, usize::MAX] {
        assert_eq!(Repairs::new(Volume::new(side, side, 1), window, false).iter().count(), 0);
    }
    let wide = Window::square(3).stride(usize::MAX);
    assert!(Repairs::new(Volume::new(10, 10, 1), wide, false).iter().count() > 0);
}
