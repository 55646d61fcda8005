//! Rules on what is predicted.

use super::{list, warning};
use crate::monitor::{Record, Rule, Warning};

/// A class is missing if there are images of it, and not one image was taken for it.
pub(super) fn never_predicted(record: &Record) -> Option<Warning> {
    let confusion = &record.summary.as_ref()?.confusion;
    let predicted = |class: usize| confusion.iter().any(|row| row.get(class).is_some_and(|&count| count > 0));
    let images = |class: usize| confusion[class].iter().fold(0_u64, |sum, &count| sum.saturating_add(count));
    let missing: Vec<usize> =
        (0..confusion.len()).filter(|&class| images(class) > 0 && !predicted(class)).collect();
    if missing.is_empty() {
        return None;
    }
    let name =
        |class: usize| record.run.as_ref().map_or_else(|| class.to_string(), |run| run.class_name(class));
    let names = list(missing.iter().map(|&class| format!("{} ({} images)", name(class), images(class))));
    let seen = format!("{} of {} classes were never predicted: {names}.", missing.len(), confusion.len());
    let meaning =
        "Classes with few images are cheap to ignore, and wrong labels make one impossible to learn."
            .to_owned();
    let remedy =
        "Look at images and labels of these classes; weigh their loss more, or show them more often."
            .to_owned();
    Some(warning(record, Rule::NeverPredicted, [seen, meaning, remedy]))
}
