"""Reads an event file with TensorBoard's own reader and compares it with the record, in JSON lines, that it was made of.

usage: read_events.py EVENTS RECORD
"""

import base64
import json
import math
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

STEP_TAGS = {
    "loss/step": "loss",
    "loss/smoothed": "smoothed_loss",
    "loss/regularization": "regularization_loss",
    "learning_rate": "learning_rate",
    "accuracy/step": "accuracy",
}
EPOCH_TAGS = {
    "loss/training": "loss",
    "loss/validation": "validation_loss",
    "accuracy/training": "training_accuracy",
    "accuracy/validation": "validation_accuracy",
    "images_per_second": "images_per_second",
}


def close(found, expected, tolerance=1e-6):
    assert math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-12), (found, expected)


def check_scalars(events, tag, expected):
    found = [(event.step, event.value) for event in events.Scalars(tag)]
    assert [step for step, _ in found] == [step for step, _ in expected], tag
    for (_, value), (_, number) in zip(found, expected):
        close(value, number)


def check_histograms(events, tag, expected):
    found = events.Histograms(tag)
    assert [event.step for event in found] == [step for step, _ in expected], tag
    for event, (_, histogram) in zip(found, expected):
        value, filled = event.histogram_value, [count for count in histogram["bins"] if count > 0]
        assert [count for count in value.bucket if count > 0] == filled, tag
        close(value.num, histogram["count"])
        close(value.min, histogram["min"])
        close(value.max, histogram["max"])
        assert list(value.bucket_limit) == sorted(value.bucket_limit), tag
        close(value.bucket_limit[-1], histogram["max"])


def check_image(events, tag, picture):
    (event,) = events.Images(tag)
    assert event.encoded_image_string == base64.b64decode(picture), tag
    width, height = struct.unpack(">II", event.encoded_image_string[16:24])
    assert (event.width, event.height) == (width, height), tag


def main(path, record):
    with open(record, encoding="utf-8") as lines:
        record = [json.loads(line) for line in lines]
    of_kind = lambda kind: [event for event in record if event["event"] == kind]
    steps, epochs, (summary,) = of_kind("step"), of_kind("epoch"), of_kind("summary")
    # A size of 0 keeps all of a kind.
    events = EventAccumulator(path, size_guidance={kind: 0 for kind in ("scalars", "histograms", "images", "tensors")})
    events.Reload()

    for tag, field in STEP_TAGS.items():
        check_scalars(events, tag, [(step["step"], step[field]) for step in steps])
    for tag, field in EPOCH_TAGS.items():
        check_scalars(events, tag, [(epoch["step"], epoch[field]) for epoch in epochs])
    for i, tensor in enumerate(epochs[0]["tensors"]):
        name = tensor["name"]
        of = lambda field: [(epoch["step"], epoch["tensors"][i][field]) for epoch in epochs]
        check_scalars(events, f"update_ratio/{name}", of("ratio"))
        check_histograms(events, f"weights/{name}", of("weights"))
        check_histograms(events, f"gradients/{name}", of("gradient"))
    for i, layer in enumerate(epochs[0]["layers"]):
        of = lambda field: [(epoch["step"], epoch["layers"][i][field]) for epoch in epochs]
        check_histograms(events, f"activations/{layer['name']}", of("activation"))
        for share in {"dead", "saturated"} & layer.keys():
            check_scalars(events, f"{share}/{layer['name']}", of(share))
    check_image(events, f"filters/{summary['filters']['layer']}", summary["filters"]["picture"])
    for i, mistake in enumerate(summary["mistakes"]):
        check_image(events, f"mistakes/{i}", mistake["image"])
    (network,) = events.Tensors("network")
    assert of_kind("run")[0]["notation"].splitlines()[0] in network.tensor_proto.string_val[0].decode()
    assert len(events.Tensors("warnings")) == len(of_kind("warning")) > 0

    tags = events.Tags()
    expected = len(STEP_TAGS) + len(EPOCH_TAGS) + len(epochs[0]["tensors"]) + len(epochs[0]["layers"])
    assert len(tags["scalars"]) == expected, tags["scalars"]
    print(f"{len(tags['scalars'])} scalars, {len(tags['histograms'])} histograms, {len(tags['images'])} images agree")


if __name__ == "__main__":
    main(*sys.argv[1:])
