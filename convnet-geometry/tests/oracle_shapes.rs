//! The 191 windows of the oracle: accepted with that volume and parameter count, or rejected.

use convnet_geometry::{
    ConvolutionSpec, GeometryError, Pool, PoolingSpec, Quantity, Rounding, Volume, Window,
};
use serde_json::Value;

fn volume(sizes: &Value) -> Volume {
    let side = |i: usize| number(&sizes[i]);
    Volume::new(side(0), side(1), side(2))
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a size")
}

/// The output volume and the number of parameters, computed by this crate.
fn geometry(case: &Value, rounding: Rounding) -> Result<(Volume, usize), GeometryError> {
    let input = volume(&case["input"]);
    let window = Window::square(number(&case["F"]))
        .stride(number(&case["S"]))
        .padding(number(&case["P"]))
        .rounding(rounding);
    if case["kind"] == "conv" {
        let layer = ConvolutionSpec::new(input, window, number(&case["K"]))
            .groups(number(&case["groups"]))
            .check()?;
        Ok((layer.output(), layer.parameters()))
    } else {
        Ok((PoolingSpec::new(input, window, Pool::Max).check()?.output(), 0))
    }
}

fn is_countable(Volume { width, height, depth }: Volume) -> bool {
    let count =
        [height, depth].iter().try_fold(width as u128, |count, &side| count.checked_mul(side as u128));
    count.is_some_and(|count| usize::try_from(count).is_ok())
}

#[test]
fn all_shapes_come_out_as_the_oracle_says() {
    let text = include_str!("../../tests/oracle/shape_cases.json");
    let cases: Vec<Value> = serde_json::from_str(text).expect("valid JSON");
    assert_eq!(cases.len(), 191);
    for case in &cases {
        let found = geometry(case, Rounding::Exact);
        let Some(error) = case["error"].as_str() else {
            // A volume that cannot be counted "must be a clean error or exact": with us it is an error.
            if !is_countable(volume(&case["out"])) {
                assert_eq!(found, Err(GeometryError::Overflow { what: Quantity::Volume }), "{case}");
                continue;
            }
            assert_eq!(found, Ok((volume(&case["out"]), number(&case["params"]))), "{case}");
            continue;
        };
        let found = found.expect_err(&case.to_string());
        let as_said = match error {
            "does not fit" => matches!(found, GeometryError::DoesNotDivide { .. }),
            "filter larger than padded input" => matches!(found, GeometryError::TooLarge { .. }),
            "groups do not divide channels" => {
                matches!(found, GeometryError::GroupsDepth { .. } | GeometryError::GroupsFilters { .. })
            }
            "zero" => matches!(found, GeometryError::Zero { .. }),
            other => panic!("an error that this test does not know: {other}"),
        };
        assert!(as_said, "{case}: {found}");
        if case.get("floor_out").is_some() {
            let (floored, _) = geometry(case, Rounding::Floor).expect("floor makes it fit");
            assert_eq!(floored, volume(&case["floor_out"]), "{case}");
        }
    }
}
