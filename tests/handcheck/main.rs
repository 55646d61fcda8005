//! Numbers that one can work out by hand, most of them worked in the notes: each computed by us, and compared with
//! `tests/oracle/handcheck.json`.

mod circuits;
mod geometry;
mod networks;
mod practice;
mod run;
mod scores;

use std::collections::BTreeSet;

use serde_json::Value;

/// The file's entries.
fn entries() -> Vec<Value> {
    let text = include_str!("../oracle/handcheck.json");
    serde_json::from_str(text).expect("valid JSON")
}

/// The value of an entry.
fn value(id: &str) -> Value {
    let entry = entries().into_iter().find(|entry| entry["id"] == id);
    entry.unwrap_or_else(|| panic!("no entry {id}"))["value"].take()
}

/// Compares values, whatever they are made of: counts are equal, other numbers to twelve digits.
fn compare(what: &str, found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::Array(founds), Value::Array(expecteds)) => {
            assert_eq!(founds.len(), expecteds.len(), "{what}");
            for (i, (found, expected)) in founds.iter().zip(expecteds).enumerate() {
                compare(&format!("{what}[{i}]"), found, expected);
            }
        }
        (Value::Object(founds), Value::Object(expecteds)) => {
            assert!(founds.keys().eq(expecteds.keys()), "{what}");
            for (key, expected) in expecteds {
                compare(&format!("{what}.{key}"), &founds[key], expected);
            }
        }
        (Value::Number(_), Value::Number(_)) => {
            let number = |value: &Value| value.as_f64().expect("a number");
            let (found, expected) = (number(found), number(expected));
            assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{what}: {found} for {expected}");
        }
        _ => assert_eq!(found, expected, "{what}"),
    }
}

/// Writes a test for each entry that these modules compute, and a list of them all.
macro_rules! checks {
    ($($module:ident: $($id:ident)*;)*) => {
        const CHECKED: &[&str] = &[$($(stringify!($id)),*),*];

        $($(
            #[test]
            fn $id() {
                compare(stringify!($id), &$module::$id(), &value(stringify!($id)));
            }
        )*)*
    };
}

checks! {
    scores: svm_8 svm_vs_softmax softmax_stable softmax_1 softmax_half cat_scores l2_penalty init_softmax init_svm
        init_softmax3 softmax_grad;
    circuits: circuit_xyz mul sigmoid_neuron staged patterns;
    geometry: fc_neuron conv_neuron alexnet_conv1 im2col invalid_stride fc_as_conv stack_3x3 pool_discard conv_demo;
    networks: nn_26 nn_41 cifar_linear vgg16_table vgg16_totals vgg19 alexnet_params lenet5
        resnet50_squeezenet_googlenet;
    practice: gradcheck dropout init lr_decay update_ratio;
}

/// An entry that nobody computes is not passed over.
#[test]
fn every_entry_is_checked() {
    let entries = entries();
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), entries.len(), "every id once");
    assert_eq!(ids, CHECKED.iter().copied().collect());
}
