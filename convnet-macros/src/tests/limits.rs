//! However much a few tokens ask for, the answer comes at once, on a small stack.

use std::time::{Duration, Instant};

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};

use super::{messages, mistakes};
use crate::expand;

/// The messages of an expansion on a stack of half a MiB, which must come in time: of the blocks and groups in the macro
/// call, none is worth a frame of the compiler's stack.
fn answer(input: impl FnOnce() -> TokenStream + Send + 'static) -> Vec<String> {
    let start = Instant::now();
    let expansion = || expand::network(input()).to_string();
    let answer = std::thread::Builder::new().stack_size(1 << 19).spawn(expansion);
    let answer = answer.expect("a thread").join().expect("no panic");
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
    messages(answer.parse().expect("tokens"))
}

fn answer_to(text: impl Into<String>) -> Vec<String> {
    let text = text.into();
    answer(move || text.parse().expect("tokens"))
}

/// The one message of an expansion begins like this.
#[track_caller]
fn is_one(messages: &[String], beginning: &str) {
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with(beginning), "{messages:?}");
}

/// Groups around a star, as many as that.
fn nested(delimiter: Delimiter, depth: usize) -> TokenStream {
    let seed = TokenStream::from(TokenTree::from(Punct::new('*', Spacing::Alone)));
    (0..depth).fold(seed, |inside, _| TokenTree::from(Group::new(delimiter, inside)).into())
}

#[test]
fn ten_thousand_nested_groups() {
    for delimiter in [Delimiter::Bracket, Delimiter::Brace, Delimiter::Parenthesis, Delimiter::None] {
        is_one(&answer(move || nested(delimiter, 10_000)), "groups are nested more than 64 deep");
    }
    // In an expression, behind the words of a block.
    let block = || {
        let mut tokens: TokenStream = "INPUT[8x8x3] -> RELU; block b(k) = CONV3-".parse().expect("tokens");
        tokens.extend(nested(Delimiter::Parenthesis, 10_000));
        tokens
    };
    is_one(&answer(block), "groups are nested more than 64 deep");
}

#[test]
fn groups_as_deep_as_can_be() {
    let answer_to = |text: String| mistakes(&text);
    let number = format!("{}k{}", "(".repeat(60), ")".repeat(60));
    let text = format!("block b(k) = CONV3-{number}; INPUT[8x8x3] -> b(4) -> FC10");
    assert_eq!(answer_to(text), [""; 0]);
    let groups = format!("{}RELU{}", "[".repeat(60), "]*1".repeat(60));
    assert_eq!(answer_to(format!("INPUT[8x8x3] -> {groups} -> FC10")), [""; 0]);
    let forks = format!("{}RELU{}", "ADD{ ID | ".repeat(60), "}".repeat(60));
    assert_eq!(answer_to(format!("INPUT[8x8x3] -> {forks} -> FC10")), [""; 0]);
}

/// Without parentheses an expression is not nested, however long it is.
#[test]
fn expressions_of_ten_thousand_terms() {
    for sign in ["+", "*", "-", "/"] {
        let terms = vec!["k"; 10_000].join(sign);
        let answer = answer_to(format!("block b(k) = CONV3-({terms}); INPUT[8x8x3] -> b(1) -> FC10"));
        is_one(&answer, "this number has more than 64 signs");
    }
}

/// `a64` would be 2^64 layers.
#[test]
fn blocks_that_double() {
    for depth in [1, 10, 14, 63, 64, 100] {
        let blocks = (1..=depth).map(|i| format!("block a{i} = a{} -> a{};", i - 1, i - 1));
        let blocks = blocks.collect::<Vec<_>>().join(" ");
        let text = format!("block a0 = RELU; {blocks} INPUT[8x8x3] -> a{depth} -> FC10");
        let beginning = match depth {
            0..=10 => {
                assert_eq!(answer_to(text), [""; 0]);
                continue;
            }
            11..=63 => "the repeats make ",
            _ => "blocks use each other more than 64 deep",
        };
        is_one(&answer_to(text), beginning);
    }
}

#[test]
fn a_chain_of_a_thousand_blocks() {
    for reversed in [false, true] {
        let mut blocks: Vec<_> = (1..=1000).map(|i| format!("block a{i} = RELU -> a{};", i - 1)).collect();
        if reversed {
            blocks.reverse();
        }
        let text = format!("block a0 = RELU; {} INPUT[8x8x3] -> a1000 -> FC10", blocks.join(" "));
        is_one(&answer_to(text), "blocks use each other more than 64 deep");
    }
}

#[test]
fn blocks_that_use_themselves() {
    let text = |block: &str| format!("{block} INPUT[8x8x3] -> a(1) -> FC10");
    is_one(&answer_to(text("block a(k) = RELU -> a(k + 1);")), "block `a` uses itself");
    is_one(&answer_to(text("block a(k) = [a(k*k + 7)]*k;")), "block `a` uses itself");
    is_one(&answer_to(text("block a(k) = b(k + 1); block b(k) = [a(2*k)]*k;")), "block `a` uses itself");
    let ring = (1..1000).map(|i| format!("block a{i}(k) = a{}(k + 1);", (i + 1) % 1000));
    let ring = ring.collect::<Vec<_>>().join(" ");
    is_one(
        &answer_to(text(&format!("{ring} block a0(k) = a1(k); block a(k) = a0(k);"))),
        "block `a1` uses itself",
    );
}

#[test]
fn uses_beyond_counting() {
    let block = "block plain(k) = [CONV3-k -> RELU]*k;";
    for use_of_it in ["[plain(9)]*1000000000000", "plain(1000000000000)", "[[plain(99)]*99]*99"] {
        is_one(&answer_to(format!("{block} INPUT[8x8x3] -> {use_of_it} -> FC10")), "the repeats make ");
    }
    // Each use with another number, so that none was counted before.
    let uses = "block two(k) = one(k) -> one(k + 1); block four(k) = two(k) -> two(k + 2);";
    let text = format!("block one(k) = [RELU]*k; {uses} INPUT[8x8x3] -> [four(100)]*100 -> FC10");
    is_one(&answer_to(text), "the repeats make 40,601 layers");
    let doubling = (1..60).map(|i| format!("block a{i}(k) = a{}(2*k) -> a{}(2*k + 1);", i - 1, i - 1));
    let doubling = doubling.collect::<Vec<_>>().join(" ");
    let text = format!("block a0(k) = RELU; {doubling} INPUT[8x8x3] -> a59(1) -> FC10");
    is_one(&answer_to(text), "the repeats make countless layers");
}

#[test]
fn arithmetic_beyond_u64() {
    for number in [
        "k*k",
        "k + 18446744073709551615",
        "k*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2*2",
    ] {
        let text = format!("block a(k) = CONV1-({number}); INPUT[8x8x3] -> a(9999999999) -> FC10");
        let messages = answer_to(text);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains("too large to be counted, in `a(9999999999)`"), "{messages:?}");
    }
}

#[test]
fn repeats_beyond_counting_are_answered_at_once() {
    let start = Instant::now();
    let chains = [
        "INPUT[8x8x3] -> [[[CONV3-4 -> RELU]*1000]*1000]*1000 -> FC10",
        "INPUT[8x8x3] -> [CONV3-4]*18446744073709551615 -> FC10",
    ];
    for chain in chains {
        let messages = mistakes(chain);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].starts_with("the repeats make "), "{messages:?}");
    }
    for nothing in ["[[[RELU]*0]*1000000]*1000000000000", "[[RELU : [9x9x9]]*0 : [8x8x3]]*1000000000000"] {
        assert_eq!(mistakes(&format!("INPUT[8x8x3] -> {nothing} -> FC10")), [""; 0]);
    }
    assert_eq!(mistakes("INPUT[8x8x3] -> [[[]*1000000]*1000000]*1000000000000 -> FC10").len(), 1);
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
}

#[test]
fn windows_beyond_measure_are_answered_at_once() {
    let start = Instant::now();
    assert_eq!(mistakes("INPUT[8x8x3] -> CONV999999999999-4 p0 -> FC10").len(), 1);
    assert_eq!(mistakes("INPUT[8x8x3] -> POOL3 s999999999999 p18446744073709551615 -> FC10").len(), 1);
    assert_eq!(mistakes("INPUT[8x8x3] -> POOL3 p18446744073709551615 -> FC10").len(), 1);
    assert_eq!(mistakes("INPUT[8x8x3] -> CONV1-18446744073709551615 g2 -> FC10").len(), 1);
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
}

#[test]
fn numbers_beyond_u64_are_refused() {
    for chain in
        ["INPUT[8x8x3] -> FC18446744073709551616", "INPUT[8x8x3] -> [RELU]*18446744073709551616 -> FC1"]
    {
        let messages = mistakes(chain);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains("18446744073709551616 is too large"), "{messages:?}");
    }
}

/// Blocks that do nothing, doubled forty times, are nothing.
#[test]
fn nothing_however_often() {
    let doubled: Vec<_> = (1..=40).map(|i| format!("block a{i} = a{} -> a{};", i - 1, i - 1)).collect();
    let doubled = doubled.concat();
    let text = format!("block a0 = [RELU]*0; {doubled} struct Net {{ INPUT[8x8x3] -> a40 -> FC10 }}");
    assert_eq!(mistakes(&text), [""; 0]);
}
