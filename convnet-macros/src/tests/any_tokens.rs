//! Whatever stands in the macro, it answers with code or with a message, and soon. `fuzz/` asks the same of
//! arbitrary text, by hand.

use proc_macro2::TokenStream;
use proptest::prelude::*;

use super::{messages, mistakes};
use crate::expand;

/// What an expansion must be: items, with a message or an implementation among them.
fn check_answer(input: TokenStream) {
    let expansion = expand::network(input);
    let text = expansion.to_string();
    let has_code = text.contains(":: Network for ");
    let messages = messages(expansion);
    assert!(has_code || !messages.is_empty(), "neither code nor a message:\n{text}");
    assert!(messages.iter().all(|message| !message.is_empty()));
}

/// The language's own tokens, so that a good part of what is made of them is almost right.
const TOKENS: &[&str] = &[
    "INPUT[8x8x3]",
    "INPUT[4000000000x4000000000x1]",
    "INPUT[5000000000x5000000000x1]",
    "INPUT",
    "CONV3-4",
    "CONV2-4",
    "CONV3x5-2",
    "CONV1-18446744073709551615",
    "CONV9999999999-1",
    "CONV3",
    "CONV",
    "POOL2",
    "POOL3",
    "POOL",
    "AVGPOOL2",
    "FC10",
    "FC",
    "RELU",
    "SOFTMAX",
    "SVM",
    "SVM(delta=1)",
    "(delta=-1)",
    "BN",
    "CAT",
    "ADD",
    "ID",
    "|",
    "||",
    "CAT{ CONV3-4 | CONV1-4 }",
    "ADD{ CONV3-4 | ID }",
    "ADD{ CONV3-k s(k) | ID }",
    "ADD{ CONV3-4 s2 -> BN | ID -> POOL2 | }",
    "CAT[ RELU | [POOL2]*0 ]",
    "LOCAL3-2",
    "L2POOL2",
    "STOCHPOOL2",
    "FRACPOOL(1.5)",
    "FRACPOOL(9)",
    "GAP",
    "LRELU(0.1)",
    "PRELU(shared)",
    "ELU",
    "SIGMOID",
    "TANH",
    "MAXOUT2",
    "MAXOUT3",
    "LRN(n=4, alpha_over_n)",
    "LRN",
    "DROPOUT(keep=0.5)",
    "DROPOUT(0.5)",
    "dropconnect(keep=0.5)",
    "BN(momentum=2)",
    "OVA",
    "LOGISTIC(positives=0)",
    "HINGE(C=(k*2), positives=3)",
    "SOFTMAX(smoothing=0.1)",
    "L2",
    "HSOFTMAX(a::TREE)",
    "LOSS(Mine)",
    "STRUCTURED(Mine<u8>)",
    "(path::ToType, parameters=64)",
    "(path::ToType, parameters=(k*3), state=k) : [4x4x4]",
    "(ToType) : [8x8x3]",
    "(k)",
    "@stem",
    "@loss",
    "@fn",
    "@",
    "plain(4)",
    "plain(0)",
    "plain",
    "down(8, 2)",
    "stem",
    "stem()",
    "CONV(k)-4",
    "CONV3-k",
    "CONVk-4",
    "CONV3-k/4",
    "CONV3-(k/3)",
    "CONV(k)x(2*k)-(k - 1) s(k) p(k):(k - 1)",
    "FC(k*k)",
    "*k",
    "*(k - 3)",
    "(18446744073709551615 * 2)",
    "((((k))))",
    "(k +)",
    "[8x8x(k)]",
    ": [(k)x(k)xk]",
    "nn.Linear(3, 4)",
    "Conv2d",
    "block plain(k) =",
    "block k(k) = k(k);",
    "MAXPOOL2",
    "CONVV3-4",
    "s2",
    "s0",
    "s2x1",
    "p0",
    "p1",
    "p1:0",
    "p(left=1)",
    "p(1)",
    "d2",
    "g3",
    "p18446744073709551615",
    "s18446744073709551615",
    "g0",
    "floor",
    "ceil",
    "nobias",
    "uncounted",
    "flor",
    "0",
    "1",
    "3",
    "64",
    "0x32x3",
    "5e3x2",
    "99999999999999999999",
    "100MB",
    "1.5",
    "\"text\"",
    "'c'",
    "'life",
    "-",
    ">",
    "->",
    "=>",
    "=",
    "==",
    "<=",
    ":",
    ";",
    ",",
    "*",
    "*2",
    "*0",
    "*1000",
    "?",
    "#",
    "!",
    ": [4x4x4]",
    ": [8x8x4]",
    "[8x8x3]",
    "[]",
    "()",
    "{}",
    "struct",
    "struct Net",
    "pub",
    "pub(crate)",
    "#[convnet(crate = a::b)]",
    "#[convnet(other)]",
    "#[doc = \"text\"]",
    "assert",
    "assert parameters == 3;",
    "assert output == [1x1x10];",
    "assert memory <= 1KB;",
    "block",
    "r#struct",
    "_",
    "größe",
];

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(TOKENS)
}

fn sequence() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(token(), 0..12).prop_map(|tokens| tokens.join(" "));
    words.prop_recursive(3, 24, 4, |inner| {
        let brackets = prop::sample::select(vec![("[", "]"), ("(", ")"), ("{", "}"), ("", "")]);
        let grouped = (brackets, inner).prop_map(|((open, close), inner)| format!("{open} {inner} {close}"));
        prop::collection::vec(grouped, 1..4).prop_map(|groups| groups.join(" -> "))
    })
}

/// Elements joined by arrows: most of it can be read, and some of it is a network.
fn chain() -> impl Strategy<Value = String> {
    let element = prop::collection::vec(token(), 1..3).prop_map(|tokens| tokens.join(" "));
    let elements = prop::collection::vec(element, 0..6).prop_map(|elements| elements.join(" -> "));
    elements.prop_map(|elements| format!("struct Net {{ INPUT[8x8x3] -> {elements} }}"))
}

/// Blocks, whether they can be read or not, and a network that uses them.
fn blocks() -> impl Strategy<Value = String> {
    let names =
        prop::sample::select(vec!["plain(k)", "down(k, s)", "stem", "plain", "stem()", "k(k, k)", "RELU"]);
    let element = prop::collection::vec(token(), 1..3).prop_map(|tokens| tokens.join(" "));
    let chain = prop::collection::vec(element, 0..5).prop_map(|elements| elements.join(" -> ")).boxed();
    let block = (names, chain.clone()).prop_map(|(name, chain)| format!("block {name} = {chain};"));
    let blocks = prop::collection::vec(block, 0..4).prop_map(|blocks| blocks.join(" "));
    (blocks, chain).prop_map(|(blocks, chain)| {
        format!("{blocks} struct Net {{ INPUT[8x8x3] -> plain(4) -> {chain} -> down(8, 2) -> stem }}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn are_answered(text in prop_oneof![sequence(), chain(), blocks()]) {
        check_answer(text.parse().expect("tokens"));
    }
}

#[test]
fn none_at_all() {
    let message = "there is no network here
help: write one: `network! { INPUT[32x32x3] -> CONV3-64 -> RELU -> POOL2 -> FC10 }`";
    assert_eq!(mistakes(""), [message]);
}

#[test]
fn an_arrow_alone() {
    let message = "nothing stands before this arrow
help: a network begins with its input: `INPUT[32x32x3] -> ...`";
    assert_eq!(mistakes("->"), [message]);
}
