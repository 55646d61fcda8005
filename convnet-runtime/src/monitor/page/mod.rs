//! A record as a page: one HTML file, which needs nothing else, neither a network nor other files.
//!
//! What must be readable everywhere is plain HTML: warnings, what was trained, a table of the epochs (`tables.rs`). The figures
//! are drawn by the scripts beside this file, from the record itself, which lies in the page as JSON, thinned out where it is long
//! (`thin.rs`).

mod html;
mod tables;
mod thin;

use std::fs;
use std::path::Path;

use serde::Serialize;

use self::html::{escape, fill};
use super::{EpochRecord, Record, Run, StepRecord, Summary};
use crate::error::Error;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The scripts, in the order in which they build on each other.
const SCRIPTS: [&str; 7] = [
    include_str!("script/elements.js"),
    include_str!("script/scale.js"),
    include_str!("script/plot.js"),
    include_str!("script/lines.js"),
    include_str!("script/histograms.js"),
    include_str!("script/classes.js"),
    include_str!("script/main.js"),
];

/// What the scripts read.
#[derive(Serialize)]
struct Data<'a> {
    run: Option<&'a Run>,
    steps: Vec<StepRecord>,
    epochs: Vec<EpochRecord>,
    summary: Option<&'a Summary>,
}

/// The page of a record, complete or not.
pub fn html(record: &Record) -> String {
    let name = record.run.as_ref().map_or("A training", |run| run.network.as_str());
    fill(TEMPLATE, |part| match part {
        "title" => escape(name),
        "style" => STYLE.to_owned(),
        "lead" => tables::lead(record),
        "warnings" => tables::warnings(&record.warnings),
        "figures" => tables::key_figures(record),
        "run" => tables::run(record),
        "epochs" => tables::epochs(&record.epochs),
        "record" => data(record),
        "script" => SCRIPTS.concat(),
        // A part that is not there; a test looks at every one of them.
        _ => String::new(),
    })
}

/// Writes the page of a record to a file, which takes its place only when it is whole: one who looks at it during a training
/// never sees half a page.
///
/// # Errors
/// [`Error::Io`] if it cannot be written.
pub fn write(record: &Record, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let written = fs::write(&unfinished, html(record)).and_then(|()| fs::rename(&unfinished, path));
    written.map_err(Error::io(path))
}

/// The record as JSON that can stand in a page: a `<` could end the script that it stands in.
fn data(record: &Record) -> String {
    let data = Data {
        run: record.run.as_ref(),
        steps: thin::steps(&record.steps),
        epochs: thin::epochs(&record.epochs),
        summary: record.summary.as_ref(),
    };
    serde_json::to_string(&data).expect("a record is plain data").replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::{SCRIPTS, STYLE, TEMPLATE, html, write};
    use crate::monitor::{Record, Rule, Run, StepRecord, Warning};

    /// A record with words that would break a page if they were not escaped.
    fn hostile() -> Record {
        let words = "</script><script>alert('1 & 2')</script>{{record}}";
        let run = Run { network: words.to_owned(), notation: words.to_owned(), ..Run::default() };
        let warning = Warning {
            rule: Rule::NonFinite,
            epoch: 1,
            seen: words.to_owned(),
            meaning: words.to_owned(),
            remedy: words.to_owned(),
        };
        let step = StepRecord { loss: f64::NAN, ..StepRecord::default() };
        Record { run: Some(run), warnings: vec![warning], steps: vec![step], ..Record::default() }
    }

    #[test]
    fn words_of_the_record_stay_words() {
        let page = html(&hostile());
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(&#39;1 &amp; 2&#39;)"));
        assert!(page.contains("\\u003c/script>\\u003cscript>alert"));
        // One for the record, one for the scripts.
        assert_eq!(page.matches("</script>").count(), 2);
        // What looks like a part of the template is none.
        assert!(page.contains("{{record}}"));
    }

    #[test]
    fn the_page_needs_nothing_else() {
        let page = html(&hostile()).replace("http://www.w3.org/2000/svg", "");
        for outside in ["http:", "https:", "url(", "@import", "<link", "src=\"/", "fetch("] {
            assert!(!page.contains(outside), "{outside}");
        }
        for part in SCRIPTS.iter().chain([&STYLE]) {
            assert!(!part.contains("</"), "closes the element that it stands in");
        }
    }

    #[test]
    fn every_part_of_the_template_is_filled() {
        let page = html(&Record::default());
        assert!(TEMPLATE.contains("{{"));
        assert!(!page.contains("{{"), "{page}");
        assert!(page.contains("has not begun"));
    }

    #[test]
    fn a_page_is_written_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        for record in [Record::default(), hostile()] {
            write(&record, &path).expect("a page");
            assert_eq!(std::fs::read_to_string(&path).expect("text"), html(&record));
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        assert!(write(&hostile(), folder.path().join("none/page.html")).is_err());
    }
}
