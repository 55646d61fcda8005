//! The page, as a browser shows it.
//!
//! `CONVNET_CHROMIUM` names a Chromium; without it, those in the path are tried. `CONVNET_SCREENSHOTS` names a folder that keeps
//! the pictures.

mod synthetic;

use std::path::{Path, PathBuf};
use std::process::Command;

use convnet::monitor::{Event, Record, page};

/// A browser that can be told what to do.
fn chromium() -> Option<String> {
    let named = std::env::var("CONVNET_CHROMIUM");
    let candidates = named.clone().map_or_else(
        |_| ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned).to_vec(),
        |named| vec![named],
    );
    let runs =
        |program: &String| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    let found = candidates.into_iter().find(runs);
    assert!(found.is_some() || named.is_err(), "CONVNET_CHROMIUM={named:?} is no browser");
    if found.is_none() {
        eprintln!("skipped: no chromium in the path; CONVNET_CHROMIUM may name one");
    }
    found
}

/// What the browser prints when it opens a page.
fn open(chromium: &str, profile: &Path, page: &Path, arguments: &[&str]) -> String {
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=5000",
        ])
        .args(["--force-color-profile=srgb", "--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("a process");
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complained}");
    // A script that fails says so here.
    let failed = complained.lines().find(|line| line.contains("CONSOLE") || line.contains("Uncaught"));
    assert_eq!(failed, None);
    String::from_utf8(output.stdout).expect("text")
}

/// The document that the scripts have made of a record's page, and its picture.
fn drawn(name: &str, record: &Record) -> Option<String> {
    let chromium = chromium()?;
    let folder = tempfile::tempdir().expect("a folder");
    let (page, profile) = (folder.path().join("page.html"), folder.path().join("profile"));
    page::write(record, &page).expect("a page");
    let pictures =
        std::env::var_os("CONVNET_SCREENSHOTS").map_or_else(|| folder.path().to_owned(), PathBuf::from);
    let picture = pictures.join(format!("{name}.png"));
    let arguments = [format!("--screenshot={}", picture.display()), "--window-size=1240,3600".to_owned()];
    open(&chromium, &profile, &page, &[&arguments[0], &arguments[1]]);
    let size = std::fs::metadata(&picture).expect("a picture").len();
    assert!(size > 20_000, "a picture of {size} bytes shows nothing");
    Some(open(&chromium, &profile, &page, &["--dump-dom", "--window-size=1240,3600"]))
}

/// A whole training's page after a script has used it.
fn used(script: &str) -> Option<String> {
    let chromium = chromium()?;
    let folder = tempfile::tempdir().expect("a folder");
    let (page, profile) = (folder.path().join("page.html"), folder.path().join("profile"));
    let record: Record = synthetic::events(synthetic::EPOCHS, 0).into_iter().collect();
    let wait = format!("<script>setTimeout(() => {{ {script} }}, 1000);</script></body>");
    std::fs::write(&page, page::html(&record).replace("</body>", &wait)).expect("a page");
    Some(open(&chromium, &profile, &page, &["--dump-dom", "--window-size=1240,3600"]))
}

/// The text of the figures' captions, in their order.
fn captions(document: &str) -> Vec<&str> {
    let captions = document.split("<figcaption><b>").skip(1);
    captions.filter_map(|rest| rest.split_once("</b>").map(|(title, _)| title)).collect()
}

#[test]
fn a_whole_training_has_every_figure() {
    let record: Record = synthetic::events(synthetic::EPOCHS, 0).into_iter().collect();
    let Some(document) = drawn("whole", &record) else { return };
    let titles = [
        "Loss",
        "Accuracy",
        "Learning rate",
        "Update to weights",
        "Dead ReLUs",
        "Saturation",
        "Distributions by layer",
        "Confusion matrix",
        "Most confident mistakes",
        "Filters of conv1",
    ];
    let expected: Vec<_> =
        titles.iter().enumerate().map(|(i, title)| format!("Figure {}. {title}.", i + 1)).collect();
    assert_eq!(captions(&document), expected);
    for words in [
        "Finished after 30 epochs",
        "Overfitting",
        "Best validation accuracy",
        "‖update‖ / ‖weights‖",
        "true class",
    ] {
        assert!(document.contains(words), "{words}");
    }
    // A panel for each layer's activations, and as many pictures as there are mistakes and filters.
    assert_eq!(document.matches("activations by epoch").count(), 4);
    assert_eq!(document.matches("src=\"data:image/png;base64,").count(), 13);
    // Five tensors of weights, but not the bias.
    assert!(document.contains("conv1.weights: ") && !document.contains("conv1.bias: "));
}

#[test]
fn figures_say_what_is_under_the_pointer() {
    let script = "
        const plots = document.querySelectorAll('.plot');
        const point = (plot, x, y) => {
            const box = plot.getBoundingClientRect();
            plot.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + x, clientY: box.top + y }));
        };
        point(plots[6], 120, 90);
        const matrix = plots[10].querySelector('rect').getBBox();
        point(plots[10], matrix.x + 0.55 * matrix.width, matrix.y + 0.35 * matrix.height);
        // The keyboard reads a plot too.
        plots[1].dispatchEvent(new KeyboardEvent('keydown', { key: 'End' }));
        plots[1].dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }));
    ";
    let Some(document) = used(script) else { return };
    for words in
        ["<b>cat, taken for dog</b><div>19 of 100 images (19.0 %)</div>", "<b>epoch 29</b>", "deviation 0."]
    {
        assert!(document.contains(words), "{words}");
    }
    assert_eq!(
        document.matches("class=\"readout\" aria-live=\"polite\" style=").count(),
        3,
        "three are shown"
    );
}

#[test]
fn scales_series_and_kinds_can_be_chosen() {
    let script = "
        const choose = (word) => document.querySelector(`input[value=${word}]`).click();
        choose('log');
        choose('gradients');
        document.querySelectorAll('.legend button')[0].click();
        document.getElementById('theme').click();
    ";
    let Some(document) = used(script) else { return };
    assert!(document.contains("data-theme=\"light\"") && document.contains("Theme: light"));
    assert!(document.contains("aria-pressed=\"false\""));
    assert_eq!(document.matches("gradients by epoch").count(), 6);
    // A loss that ends at 0.2 has this tick on a logarithmic scale alone.
    assert!(document.contains(">0.1</text>") || document.contains(">0.2</text>"));
}

#[test]
fn a_training_that_has_just_begun_has_what_there_is() {
    let record: Record = synthetic::events(0, 40).into_iter().collect();
    let Some(document) = drawn("begun", &record) else { return };
    assert_eq!(captions(&document), ["Figure 1. Loss.", "Figure 2. Accuracy.", "Figure 3. Learning rate."]);
    assert!(document.contains("just begun: 40 steps"));
}

#[test]
fn an_empty_record_is_a_page() {
    let Some(document) = drawn("empty", &Record::default()) else { return };
    assert!(captions(&document).is_empty());
    assert!(document.contains("has not begun"));
}

/// Numbers that are not finite, histograms of one number, many classes, ragged rows: nothing stops the scripts.
#[test]
fn a_record_with_oddities_is_drawn() {
    let mut record: Record = synthetic::events(synthetic::EPOCHS, 0).into_iter().collect();
    for (i, step) in record.steps.iter_mut().enumerate().skip(1000) {
        step.loss = [f64::NAN, f64::INFINITY, -1.0, 0.0][i % 4];
    }
    for (i, epoch) in record.epochs.iter_mut().enumerate() {
        (epoch.validation_loss, epoch.validation_accuracy) = (Some(f64::NAN), None);
        epoch.tensors[0].weights = convnet::monitor::Histogram::of([0.0, f64::NAN]);
        epoch.tensors[0].ratio = 0.0;
        epoch.layers.truncate((i + 1) % 3);
    }
    if let Some(summary) = &mut record.summary {
        summary.confusion =
            (0..150_u64).map(|row| (0..150 - row % 2).map(|column| (row * column) % 7).collect()).collect();
        summary.filters = None;
    }
    let Some(document) = drawn("odd", &record) else { return };
    assert_eq!(captions(&document).len(), 8, "{:?}", captions(&document));
}

#[test]
fn a_single_epoch_is_drawn() {
    let events = synthetic::events(1, 0).into_iter();
    let record: Record = events.filter(|event| !matches!(event, Event::Step(_))).collect();
    let Some(document) = drawn("single", &record) else { return };
    assert!(captions(&document).contains(&"Figure 1. Loss."));
    assert!(!document.contains("NaN,") && !document.contains(",NaN"), "a place that is none");
}
