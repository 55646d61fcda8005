//! What is plain HTML: warnings, key figures, what was trained, and the epochs in numbers.

use std::fmt::Write;

use super::html::{count, escape, moment, number, percent, time};
use crate::monitor::{EpochRecord, Record, Stop, Warning};

/// A sentence on how far the training has come.
pub(super) fn lead(record: &Record) -> String {
    let epochs = record.epochs.last().map_or(0, |epoch| epoch.epoch);
    if let Some(summary) = &record.summary {
        if summary.stop == Stop::Finished {
            return format!("Finished after {}.", plural(epochs, "epoch"));
        }
        return format!("Stopped after {}: {}.", plural(epochs, "epoch"), escape(&summary.stop.to_string()));
    }
    let planned = record.run.as_ref().and_then(|run| run.epochs);
    match (record.steps.last(), epochs, planned) {
        (None, 0, _) => "The training has not begun: there is no step to show yet.".to_owned(),
        (Some(step), 0, _) => {
            format!("The training has just begun: {}, and no epoch is over yet.", plural(step.step, "step"))
        }
        (_, epochs, Some(planned)) => {
            format!("In training: {epochs} of {} are over.", plural(planned, "epoch"))
        }
        (_, epochs, None) => format!("In training, after {}.", plural(epochs, "epoch")),
    }
}

fn plural(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The warnings in words; a line that there are none.
pub(super) fn warnings(warnings: &[Warning]) -> String {
    if warnings.is_empty() {
        return "<p class=\"quiet\">Nothing that looks wrong was seen.</p>".to_owned();
    }
    let mut html = "<ul class=\"warnings\">".to_owned();
    for warning in warnings {
        let when = if warning.epoch == 0 {
            "in the first epoch".to_owned()
        } else {
            format!("after epoch {}", warning.epoch)
        };
        let [seen, meaning, remedy] =
            [&warning.seen, &warning.meaning, &warning.remedy].map(|words| escape(words));
        push(
            &mut html,
            format_args!(
                "<li><h3>{} <span class=\"when\">{when}</span></h3><p>{seen} {meaning}</p><p class=\"remedy\">{remedy}</p></li>",
                warning.rule.title()
            ),
        );
    }
    html + "</ul>"
}

/// The figures that one looks for first.
pub(super) fn key_figures(record: &Record) -> String {
    let mut html = "<dl class=\"key\">".to_owned();
    let mut add = |what: &str, figure: String, beside: String| {
        push(&mut html, format_args!("<div><dt>{what}</dt><dd>{figure}<small>{beside}</small></dd></div>"));
    };
    if let Some(last) = record.epochs.last() {
        if let Some((epoch, best)) = best_validation(&record.epochs) {
            add("Best validation accuracy", percent(best), format!("epoch {epoch}"));
        }
        add("Training accuracy", percent(last.training_accuracy), format!("epoch {}", last.epoch));
        add("Training loss", number(last.loss), format!("epoch {}", last.epoch));
        let seconds: f64 = record.epochs.iter().map(|epoch| epoch.seconds).sum();
        add("Time", time(seconds), format!("{} an epoch", time(seconds / record.epochs.len() as f64)));
        add("Images per second", number(last.images_per_second), format!("epoch {}", last.epoch));
    } else if let Some(last) = record.steps.last() {
        add("Loss", number(last.smoothed_loss), format!("smoothed, step {}", last.step));
        add("Batch accuracy", percent(last.accuracy), format!("step {}", last.step));
    } else {
        return String::new();
    }
    html + "</dl>"
}

/// The epoch with the best validation accuracy, and that.
fn best_validation(epochs: &[EpochRecord]) -> Option<(u64, f64)> {
    let accuracies = epochs.iter().filter_map(|epoch| Some((epoch.epoch, epoch.validation_accuracy?)));
    // The first of several that are equally good.
    accuracies.filter(|(_, accuracy)| accuracy.is_finite()).rev().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What was trained, and how.
pub(super) fn run(record: &Record) -> String {
    let Some(run) = &record.run else {
        return "<p class=\"quiet\">The record does not say what was trained.</p>".to_owned();
    };
    let names: Vec<_> = run.class_names.iter().map(|name| escape(name)).collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    let planned = run.epochs.map_or_else(|| "not planned".to_owned(), count);
    let steps = record.steps.last().map_or(0, |step| step.step);
    let rows = [
        ("Network", escape(&run.network)),
        ("Layers", format!("<pre>{}</pre>", escape(&run.notation))),
        ("Parameters", count(run.parameters)),
        ("Classes", format!("{}{names}", run.classes)),
        ("Training images", count(run.images)),
        ("Optimizer", escape(&run.optimizer)),
        ("Schedule", escape(&run.schedule)),
        ("Batch", plural(run.batch as u64, "image")),
        ("Seed", run.seed.to_string()),
        ("Begun", moment(run.start)),
        ("Epochs", format!("{} of {planned}", record.epochs.last().map_or(0, |epoch| epoch.epoch))),
        ("Steps", count(steps)),
    ];
    let mut html = "<div class=\"scroll\"><table class=\"run\"><tbody>".to_owned();
    for (what, value) in rows {
        push(&mut html, format_args!("<tr><th scope=\"row\">{what}</th><td>{value}</td></tr>"));
    }
    html + "</tbody></table></div>"
}

/// The epochs in numbers.
pub(super) fn epochs(epochs: &[EpochRecord]) -> String {
    if epochs.is_empty() {
        return "<p class=\"quiet\">No epoch is over yet.</p>".to_owned();
    }
    let heads = [
        "epoch",
        "steps",
        "training loss",
        "training accuracy",
        "validation loss",
        "validation accuracy",
        "learning rate",
        "time",
        "images/s",
    ];
    let mut html = "<div class=\"scroll\"><table class=\"epochs\"><thead><tr>".to_owned();
    heads.iter().for_each(|head| push(&mut html, format_args!("<th scope=\"col\">{head}</th>")));
    html += "</tr></thead><tbody>";
    for epoch in epochs {
        let cells = [
            count(epoch.step),
            number(epoch.loss),
            percent(epoch.training_accuracy),
            epoch.validation_loss.map_or_else(String::new, number),
            epoch.validation_accuracy.map_or_else(String::new, percent),
            number(epoch.learning_rate),
            time(epoch.seconds),
            number(epoch.images_per_second),
        ];
        push(&mut html, format_args!("<tr><th scope=\"row\">{}</th>", epoch.epoch));
        cells.iter().for_each(|cell| push(&mut html, format_args!("<td>{cell}</td>")));
        html += "</tr>";
    }
    html + "</tbody></table></div>"
}

fn push(html: &mut String, what: std::fmt::Arguments<'_>) {
    html.write_fmt(what).expect("writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::{best_validation, epochs, key_figures, lead, run, warnings};
    use crate::monitor::{EpochRecord, Record, Run, Split, StepRecord, Stop, Summary};

    fn epoch(epoch: u64, validation_accuracy: Option<f64>) -> EpochRecord {
        EpochRecord { epoch, validation_accuracy, loss: 0.5, seconds: 30.0, ..EpochRecord::default() }
    }

    #[test]
    fn the_lead_says_how_far_it_has_come() {
        let mut record = Record::default();
        assert!(lead(&record).contains("has not begun"));
        record.steps.push(StepRecord { step: 1, ..StepRecord::default() });
        assert!(lead(&record).contains("just begun: 1 step, and"));
        record.epochs.push(epoch(1, None));
        assert_eq!(lead(&record), "In training, after 1 epoch.");
        record.run = Some(Run { epochs: Some(5), ..Run::default() });
        assert_eq!(lead(&record), "In training: 1 of 5 epochs are over.");
        let stop = Stop::Failed { error: "<NaN>".to_owned() };
        record.summary =
            Some(Summary { stop, split: Split::Test, confusion: vec![], mistakes: vec![], filters: None });
        assert_eq!(lead(&record), "Stopped after 1 epoch: an error: &lt;NaN&gt;.");
        record.summary.iter_mut().for_each(|summary| summary.stop = Stop::Finished);
        assert_eq!(lead(&record), "Finished after 1 epoch.");
    }

    #[test]
    fn the_best_epoch_is_the_first_of_the_best() {
        let all = [Some(0.8), Some(0.9), None, Some(0.9), Some(f64::NAN), Some(0.7)];
        let all: Vec<_> = (1..).zip(all).map(|(i, accuracy)| epoch(i, accuracy)).collect();
        assert_eq!(best_validation(&all), Some((2, 0.9)));
        assert_eq!(best_validation(&all[2..3]), None);
        let record = Record { epochs: all, ..Record::default() };
        assert!(key_figures(&record).contains("90.00 %<small>epoch 2</small>"));
    }

    #[test]
    fn tables_say_when_there_is_nothing() {
        assert!(warnings(&[]).contains("Nothing that looks wrong"));
        assert!(run(&Record::default()).contains("does not say"));
        assert!(epochs(&[]).contains("No epoch is over"));
        assert!(key_figures(&Record::default()).is_empty());
        // A figure that was not measured is an empty cell.
        assert!(epochs(&[epoch(1, None)]).contains("<td></td><td></td>"));
    }
}
