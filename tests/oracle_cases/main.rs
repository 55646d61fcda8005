//! Networks, losses, updates and preprocessing against values computed by others: every tensor, in f64 and in f32, by every algorithm.
//!
//! `tests/oracle/README.md` says where the values come from and how they are compared.

mod case;
mod compare;
mod course;
mod dropped;
mod inference;
mod networks;
mod preprocess;
mod run;
mod spiral;
mod updates;

use std::collections::BTreeSet;

/// A case that nobody has written a test for is not passed over.
#[test]
fn every_case_has_a_test() {
    let entries = std::fs::read_dir(case::folder()).expect("the cases");
    let folders = entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<_> =
        folders.map(|entry| entry.file_name().into_string().expect("a name in Unicode")).collect();
    let tested = [
        networks::NAMES,
        dropped::NAMES,
        inference::NAMES,
        course::NAMES,
        preprocess::NAMES,
        spiral::NAMES,
        updates::NAMES,
    ];
    let tested: BTreeSet<_> = tested.into_iter().flatten().map(|&name| name.to_owned()).collect();
    assert_eq!(folders, tested);
}
