//! Definitions that cannot be read do not take the others with them.

use super::*;

#[test]
fn behind_an_assert_without_end() {
    let text = "struct A { INPUT[2x2x1] -> FC3 } assert parameters == 15 struct B { INPUT[2x2x1] -> FC3 }";
    assert_eq!(mistakes(text), ["this assert has no end\nhelp: an assert ends in `;`"]);
    assert!(expansion(text).to_string().contains("struct B"));
}

#[test]
fn behind_mistaken_blocks_and_a_head_that_is_none() {
    let text = "block a = RELUU; block b(k) CONV3-k; pub const X; struct C { INPUT[2x2x1] -> FC3 }";
    assert_eq!(mistakes(text).len(), 3);
    let code = expansion(text).to_string();
    assert!(code.contains("struct C") && !code.contains("struct Net <"));
}

#[test]
fn volumes_that_cannot_be_counted() {
    for text in [
        "INPUT[5000000000x5000000000x1] -> FC10",
        "INPUT[4000000000x4000000000x1] -> CONV1-1",
        "INPUT[3000000000x3000000000x1] -> AVGPOOL3000000000",
        "INPUT[4x4x1] -> AVGPOOL4294967296 p4294967295 floor",
        "INPUT[4x4x1] -> CONV1-1 s5000000000",
    ] {
        let answer = mistakes(text);
        assert!(answer.len() <= 1, "{text}: {answer:?}");
    }
}

#[test]
fn behind_semicolons_and_documented_asserts() {
    let text =
        "block b = RELU;; struct A { INPUT[2x2x1] -> b -> FC3 }; /// Fifteen. \n assert parameters == 15;";
    let found = mistakes(text);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("nothing stands before this `;`"), "{found:?}");
    assert!(found[2].starts_with("an assert takes neither documentation nor attributes"), "{found:?}");
    assert!(expansion(text).to_string().contains("struct A"));
}

#[test]
fn behind_another_of_the_same_name() {
    let text =
        "struct A { INPUT[2x2x1] -> FC3 } struct A { INPUT[2x2x1] -> FC4 } struct B { INPUT[2x2x1] -> FC3 }";
    assert_eq!(mistakes(text).len(), 1);
    assert_eq!(expansion(text).to_string().matches("struct A").count(), 1);
    assert_eq!(mistakes("INPUT[2x2x1] -> FC3; INPUT[2x2x1] -> FC4;").len(), 1);
    let either =
        "#[cfg(unix)] struct A { INPUT[2x2x1] -> FC3 } #[cfg(not(unix))] struct A { INPUT[2x2x1] -> FC4 }";
    assert_eq!(mistakes(either), [""; 0]);
}
