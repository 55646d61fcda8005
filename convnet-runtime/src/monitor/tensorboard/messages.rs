//! The messages of event files, by the numbers of their fields in TensorBoard's `event.proto`, `summary.proto`,
//! `histogram.proto` and `tensor.proto`.

use super::protobuf::Message;
use crate::monitor::{Histogram, Png};

/// A value of a summary, under its tag.
pub(super) enum Value<'a> {
    /// A number.
    Scalar {
        /// Its tag.
        tag: String,
        /// The number.
        number: f64,
    },
    /// A histogram.
    Histogram {
        /// Its tag.
        tag: String,
        /// The histogram.
        histogram: &'a Histogram,
    },
    /// A picture.
    Image {
        /// Its tag.
        tag: String,
        /// The picture.
        png: &'a Png,
    },
    /// Words, which are shown as Markdown.
    Text {
        /// Their tag.
        tag: &'static str,
        /// The words.
        text: String,
    },
}

/// The first message of a file.
pub(super) fn version(time: f64) -> Vec<u8> {
    Message::default().double(1, time).field(3, "brain.Event:2").bytes().to_vec()
}

/// An event at a step: its values.
pub(super) fn summary(time: f64, step: u64, values: &[Value<'_>]) -> Vec<u8> {
    let summary = values.iter().fold(Message::default(), |summary, value| summary.field(1, of(value)));
    Message::default().double(1, time).integer(2, step).field(5, summary).bytes().to_vec()
}

/// A value with its tag.
#[expect(clippy::cast_possible_truncation, reason = "the format has scalars of single precision")]
fn of(value: &Value<'_>) -> Message {
    match value {
        Value::Scalar { tag, number } => Message::default().field(1, tag).float(2, *number as f32),
        Value::Histogram { tag, histogram } => {
            Message::default().field(1, tag).field(5, of_histogram(histogram))
        }
        Value::Image { tag, png } => Message::default().field(1, tag).field(4, of_image(png)),
        Value::Text { tag, text } => {
            Message::default().field(1, tag).field(8, of_text(text)).field(9, plugin("text"))
        }
    }
}

/// A histogram: its range, count, sum and sum of squares, upper edges and counts of its bins.
fn of_histogram(histogram: &Histogram) -> Message {
    let count = histogram.count() as f64;
    Message::default()
        .double(1, histogram.min())
        .double(2, histogram.max())
        .double(3, count)
        .double(4, histogram.mean() * count)
        .double(5, histogram.root_mean_square().powi(2) * count)
        .doubles(6, histogram.buckets().map(|(edge, _)| edge))
        .doubles(7, histogram.buckets().map(|(_, count)| count as f64))
}

/// A picture: its height and width, how many channels it has (which nothing depends on), its bytes.
fn of_image(png: &Png) -> Message {
    let [width, height] = png.size().unwrap_or([0, 0]).map(u64::from);
    Message::default().integer(1, height).integer(2, width).integer(3, 3).field(4, png.bytes())
}

/// A tensor that is one string: its type's number, no dimension, the bytes.
fn of_text(text: &str) -> Message {
    Message::default().integer(1, 7).field(2, Message::default()).field(8, text)
}

/// Which of TensorBoard's parts shows a value.
fn plugin(name: &str) -> Message {
    Message::default().field(1, Message::default().field(1, name))
}
