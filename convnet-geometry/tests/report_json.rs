//! The report for machines.

mod zoo;

use serde_json::{Value, json};

fn report(architecture: &'static convnet_geometry::Architecture<'static>) -> Value {
    let text = serde_json::to_string(&architecture.report()).expect("serializable");
    serde_json::from_str(&text).expect("valid JSON")
}

#[test]
fn everything_is_there() {
    let report = report(zoo::le_net());
    assert_eq!(report["name"], "LeNet");
    assert_eq!(report["input"], json!({"width": 28, "height": 28, "depth": 1}));
    assert_eq!(report["output"], json!({"width": 1, "height": 1, "depth": 10}));
    assert_eq!(report["loss"], "softmax");
    assert_eq!(report["totals"]["parameters"], 61_706);
    assert_eq!(report["layers"].as_array().map(Vec::len), Some(11));
    assert!(report["pattern"].as_str().is_some_and(|pattern| pattern.ends_with("N = 1, M = 2, K = 2")));
    assert_eq!(report["advice"][0]["rule"], "shrinks");
    assert_eq!(report["advice"][0]["layer"], "conv2");
    assert_eq!(report["memory"]["training_numbers"], 8_878);
    let adam = &report["memory"]["training"][5];
    assert_eq!((&adam["update_rule"], &adam["optimizer"]), (&json!("adam"), &json!(2 * 4 * 61_706)));
}

/// The names of fields are a promise: this is the whole row of a layer.
#[test]
fn a_row_has_these_fields() {
    let report = report(zoo::le_net());
    let side = |side: usize| json!({"width": side, "height": side});
    let expected = json!({
        "name": "conv2",
        "notation": "CONV5-16 p0",
        "kind": "convolution",
        "inputs": [{"place": 2, "layer": "pool1", "volume": {"width": 14, "height": 14, "depth": 6}}],
        "output": {"width": 10, "height": 10, "depth": 16},
        "output_place": 3,
        "in_place": false,
        "window": {
            "filter": side(5), "stride": side(1), "dilation": side(1),
            "padding": {"left": 0, "right": 0, "top": 0, "bottom": 0},
            "rounding": "exact", "groups": 1,
        },
        "algorithms": {"forward": "direct", "by_parameters": "direct", "by_input": "planes"},
        "neurons": 1600,
        "connections": 1600 * 151,
        "weights": 2400, "biases": 16, "scales": 0, "shifts": 0, "slopes": 0, "own": 0,
        "parameters": 2416,
        "unshared": 1600 * 151,
        "memory_bytes": 6400,
        "state": 0, "switches": 0, "saved": 0, "statistics": 0,
        "macs": 240_000,
        "receptive_field": {"size": side(14), "step": side(2)},
        "tensors": [
            {"name": "conv2.weights", "role": "weights", "shape": [16, 5, 5, 6], "offset": 156, "count": 2400, "fan_in": 150},
            {"name": "conv2.bias", "role": "bias", "shape": [16], "offset": 2556, "count": 16, "fan_in": 1},
        ],
        "state_tensors": [],
    });
    assert_eq!(report["layers"][3], expected);
}

#[test]
fn joints_name_what_they_join() {
    let report = report(zoo::res_net_50());
    let layers = report["layers"].as_array().expect("layers");
    let add = layers.iter().find(|layer| layer["name"] == "bottleneck2.add1").expect("a joint");
    assert_eq!(add["kind"], "sum");
    assert_eq!(add["inputs"][0]["layer"], "bottleneck2.add1.b1.bn3");
    assert_eq!(add["inputs"][1]["layer"], "bottleneck1.relu1");
    let sum: u64 = layers.iter().filter_map(|layer| layer["parameters"].as_u64()).sum();
    assert_eq!(Some(sum), report["totals"]["parameters"].as_u64());
    assert_eq!(sum, 25_557_032);
}
