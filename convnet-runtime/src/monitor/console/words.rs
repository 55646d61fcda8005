//! Counts, times and whole lines, in words.

use convnet_geometry::Grouped;

use crate::monitor::EpochRecord;

/// A number of seconds, to two units: `2 h 05 min`. One that is not finite, or negative, is said to be unknown.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's cast saturates")]
pub(super) fn time(seconds: f64) -> String {
    if !(seconds.is_finite() && seconds >= 0.0) {
        return "an unknown time".to_owned();
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// Images in a second, with their unit.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's cast saturates")]
pub(super) fn rate(images_per_second: f64) -> String {
    if images_per_second < 100.0 {
        return format!("{images_per_second:.1} images/s");
    }
    format!("{} images/s", Grouped(images_per_second.round() as u64))
}

/// Loss and accuracy of training.
pub(super) fn figures(loss: f64, accuracy: f64) -> String {
    format!("loss {loss:.4}  accuracy {:.1} %", 100.0 * accuracy)
}

/// The line of an epoch that is over, of so many planned; 0 if that is not known.
pub(super) fn epoch(epoch: &EpochRecord, epochs: u64) -> String {
    let mut parts = vec![of_epochs(epoch.epoch, epochs), figures(epoch.loss, epoch.training_accuracy)];
    parts.extend(epoch.validation_loss.map(|loss| format!("validation loss {loss:.4}")));
    parts.extend(
        epoch.validation_accuracy.map(|accuracy| format!("validation accuracy {:.1} %", 100.0 * accuracy)),
    );
    parts.push(format!("rate {:.2e}", epoch.learning_rate));
    parts.push(rate(epoch.images_per_second));
    parts.push(time(epoch.seconds));
    let left = epochs.saturating_sub(epoch.epoch);
    if left > 0 {
        parts.push(format!("{} left", time(left as f64 * epoch.seconds)));
    }
    parts.join("  ")
}

/// An epoch of so many; 0 if that is not known.
pub(super) fn of_epochs(epoch: u64, epochs: u64) -> String {
    if epochs == 0 { format!("epoch {epoch}") } else { format!("epoch {epoch}/{epochs}") }
}

#[cfg(test)]
mod tests {
    use super::{Grouped, of_epochs, rate, time};

    #[test]
    fn thousands_are_apart() {
        let counts = [0, 999, 1000, 1_234_567, 100_000].map(|count| Grouped(count).to_string());
        assert_eq!(counts, ["0", "999", "1,000", "1,234,567", "100,000"]);
        assert_eq!([12.34, 99_999.6].map(rate), ["12.3 images/s", "100,000 images/s"]);
    }

    #[test]
    fn times_have_two_units() {
        let times = [0.04, 9.94, 9.96, 59.6, 3599.4, 3600.0, 90_000.0].map(time);
        assert_eq!(
            times,
            ["0.0 s", "9.9 s", "10 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "25 h 00 min"]
        );
        assert_eq!([f64::NAN, -1.0].map(time), ["an unknown time"; 2]);
    }

    #[test]
    fn epochs_may_be_without_end() {
        assert_eq!([of_epochs(3, 0), of_epochs(3, 9)], ["epoch 3", "epoch 3/9"]);
    }
}
