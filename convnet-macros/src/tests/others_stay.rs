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
