//! What a network expands to, what any tokens at all expand to, and what the notation's numbers come to.

use std::time::{Duration, Instant};

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use proptest::prelude::*;

use crate::expand;

fn expansion(notation: &str) -> TokenStream {
    expand::network(notation.parse().expect("the notation is made of Rust's tokens"))
}

/// The expansion as rustfmt would write it.
fn code(notation: &str) -> String {
    prettyplease::unparse(&syn::parse2(expansion(notation)).expect("items"))
}

/// The messages of an expansion.
pub(crate) fn messages(expansion: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(expansion).expect("items");
    let message = |item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
            Some(item.mac.parse_body::<syn::LitStr>().ok()?.value())
        }
        _ => None,
    };
    file.items.into_iter().filter_map(message).collect()
}

/// The messages of a mistaken network.
fn mistakes(notation: &str) -> Vec<String> {
    messages(expansion(notation))
}

mod expansions {
    //! Read these as a person would read code by another: `cargo expand` shows the same.

    use super::code;

    #[test]
    fn card_net() {
        insta::assert_snapshot!(code(
            "/// Two 3x3 convolutions, as small as a VGG gets.
             pub struct CardNet {
                 INPUT[32x32x3] -> [CONV3-64 -> RELU]*2 -> POOL2 -> FC10
             }
             assert parameters == 202_570;"
        ));
    }

    #[test]
    fn every_option() {
        insta::assert_snapshot!(code(
            "struct Odd {
                 INPUT[33x30x4]
                 -> CONV3x5-8 s2x1 p(left=1,right=0,top=2,bottom=2) d1 g2 floor nobias -> RELU
                 -> CONV2-8 p1:0 d2x1 -> AVGPOOL3 s2 p1 ceil uncounted
                 -> FC5 nobias -> SVM(delta=0.5)
             }"
        ));
    }

    #[test]
    fn two_networks() {
        insta::assert_snapshot!(code(
            "pub(crate) struct Scores { INPUT[4x4x1] -> FC2 }
             #[derive(Clone)]
             #[convnet(crate = crate::facade)]
             struct Features { INPUT[4x4x1] -> POOL2 -> RELU }"
        ));
    }

    #[test]
    fn stub_of_a_mistaken_network() {
        insta::assert_snapshot!(code(
            "/// Its pooling does not fit.
             pub struct Mistaken { INPUT[10x10x3] -> [CONV3-8 -> RELU]*2 -> POOL3 s2 -> FC10 -> SVM }"
        ));
    }
}

mod any_tokens {
    //! Whatever stands in the macro, it answers with code or with a message, and soon.

    use super::*;

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
    fn token() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
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
        ])
    }

    fn sequence() -> impl Strategy<Value = String> {
        let words = prop::collection::vec(token(), 0..12).prop_map(|tokens| tokens.join(" "));
        words.prop_recursive(3, 24, 4, |inner| {
            let brackets = prop::sample::select(vec![("[", "]"), ("(", ")"), ("{", "}"), ("", "")]);
            let grouped =
                (brackets, inner).prop_map(|((open, close), inner)| format!("{open} {inner} {close}"));
            prop::collection::vec(grouped, 1..4).prop_map(|groups| groups.join(" -> "))
        })
    }

    /// Elements joined by arrows: most of it can be read, and some of it is a network.
    fn chain() -> impl Strategy<Value = String> {
        let element = prop::collection::vec(token(), 1..3).prop_map(|tokens| tokens.join(" "));
        let elements = prop::collection::vec(element, 0..6).prop_map(|elements| elements.join(" -> "));
        elements.prop_map(|elements| format!("struct Net {{ INPUT[8x8x3] -> {elements} }}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn are_answered(text in prop_oneof![sequence(), chain()]) {
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

    /// On a stack of its own: what is tested is that the depth of the groups takes none.
    #[test]
    fn ten_thousand_nested_brackets() {
        let nested = || {
            let seed = TokenStream::from(TokenTree::from(Punct::new('*', Spacing::Alone)));
            (0..10_000).fold(seed, |inside, _| TokenTree::from(Group::new(Delimiter::Bracket, inside)).into())
        };
        let answer = std::thread::Builder::new().stack_size(1 << 19).spawn(move || mistakes_of(nested()));
        let messages = answer.expect("a thread").join().expect("no panic");
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].starts_with("groups are nested more than 64 deep"), "{messages:?}");
    }

    fn mistakes_of(input: TokenStream) -> Vec<String> {
        messages(expand::network(input))
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
        for nothing in ["[[[RELU]*0]*1000000]*1000000000000", "[[RELU : [9x9x9]]*0 : [8x8x3]]*1000000000000"]
        {
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
}

mod proposals {
    //! What a message proposes must be right, or it sends its reader from one mistake to the next.

    use super::mistakes;

    /// The layers that a message says would do, and what comes out of each.
    fn proposals(message: &str) -> Vec<(String, String)> {
        let proposal = |line: &str| {
            let (layer, output) = line.strip_prefix("help: `")?.split_once("` gives ")?;
            Some((layer.to_owned(), output.split(',').next()?.to_owned()))
        };
        message.lines().filter_map(proposal).collect()
    }

    /// Makes a mistake, then does as it is told.
    #[track_caller]
    fn are_right(before: &str, layer: &str, after: &str, count: usize) {
        let messages = mistakes(&format!("{before} {layer} {after}"));
        assert_eq!(messages.len(), 1, "{messages:?}");
        let proposals = proposals(&messages[0]);
        assert_eq!(proposals.len(), count, "{messages:?}");
        for (layer, output) in proposals {
            assert_eq!(mistakes(&format!("{before} {layer} : {output} {after}")), [""; 0], "{layer}");
        }
    }

    #[test]
    fn where_the_size_does_not_divide() {
        are_right("INPUT[10x10x3] ->", "CONV3-8 s2 p0", "-> FC10", 4);
        are_right("INPUT[10x10x3] ->", "POOL3 s2", "-> FC10", 4);
        are_right("INPUT[224x224x3] ->", "CONV11-96 s4 p0 nobias", "-> FC10", 4);
        are_right("INPUT[10x10x3] ->", "CONV3x4-9 s2 p0 g3", "-> FC10", 3);
        are_right("INPUT[10x9x3] ->", "AVGPOOL2 uncounted", "-> FC10", 3);
    }

    #[test]
    fn where_the_window_is_too_large() {
        are_right("INPUT[3x3x3] ->", "CONV5-8 p0", "-> FC10", 2);
        are_right("INPUT[1x1x3] ->", "POOL2", "-> FC10", 1);
    }

    #[test]
    fn where_padding_is_as_wide_as_the_window() {
        are_right("INPUT[8x8x3] ->", "POOL3 s1 p3", "-> FC10", 2);
    }

    /// A change to a layer in a group acts on every repetition: `p1` repairs the last alone.
    #[test]
    fn in_a_repeated_group() {
        for (chain, layer) in [
            ("INPUT[20x20x3] -> [CONV3-8 -> POOL2]*3 -> FC10", "POOL2"),
            ("INPUT[32x32x3] -> [CONV3-8 -> RELU -> POOL2]*6 -> FC10", "POOL2"),
            ("INPUT[12x12x3] -> [CONV3-8 s2 p0]*2 -> FC10", "CONV3-8 s2 p0"),
        ] {
            let messages = mistakes(chain);
            assert_eq!(messages.len(), 1, "{messages:?}");
            for (proposal, _) in proposals(&messages[0]) {
                assert_eq!(mistakes(&chain.replace(layer, &proposal)), [""; 0], "{chain}: {proposal}");
            }
        }
    }

    #[test]
    fn of_groups_and_of_padding() {
        let message = &mistakes("INPUT[8x8x12] -> CONV3-8 g3")[0];
        assert!(message.ends_with("help: 9 filters would do"), "{message}");
        let message = &mistakes("INPUT[8x8x12] -> CONV3-8 g5")[0];
        assert!(message.contains("help: `g1`, `g2`, `g4` divide both the depth of 12"), "{message}");
        for groups in ["g1", "g2", "g4"] {
            assert_eq!(mistakes(&format!("INPUT[8x8x12] -> CONV3-8 {groups}")), [""; 0]);
        }
        let message = &mistakes("INPUT[8x8x3] -> CONV4-8")[0];
        assert!(message.contains("`CONV4-8 p0` for none") && message.contains("`CONV4-8 p2:1`"), "{message}");
        assert_eq!(mistakes("INPUT[8x8x3] -> CONV4-8 p0 -> CONV4-8 p2:1"), [""; 0]);
    }
}

mod numbers {
    //! Valid notation: each network asserts what it should come to, and has no message.

    use super::{code, mistakes};

    /// A chain without a mistake whose output is as given.
    #[track_caller]
    fn comes_to(chain: &str, output: &str) {
        assert_eq!(mistakes(&format!("{chain}; assert output == {output};")), [""; 0], "{chain}");
    }

    #[test]
    fn padding_before_and_after() {
        // (8 - 2 + 1 + 0)/1 + 1
        comes_to("INPUT[8x8x3] -> CONV2-4 p1:0", "[8x8x4]");
        // (8 - 6 + 3 + 2)/1 + 1
        comes_to("INPUT[8x8x3] -> CONV6-4 p3:2", "[8x8x4]");
        // Width (8 - 3 + 0)/1 + 1, height (8 - 3 + 4)/1 + 1
        comes_to("INPUT[8x8x3] -> CONV3-4 p0x2", "[6x10x4]");
    }

    #[test]
    fn padding_per_side() {
        // Width (8 - 2 + 1 + 0)/1 + 1, height (8 - 2 + 0 + 1)/1 + 1
        comes_to("INPUT[8x8x3] -> CONV2-4 p(left=1,right=0,top=0,bottom=1)", "[8x8x4]");
        comes_to("INPUT[8x8x3] -> CONV2-4 p(bottom=1)", "[7x8x4]");
        let code = code("INPUT[8x8x3] -> CONV2-4 p(left=1,right=0,top=0,bottom=1)");
        let squeezed: String = code.split_whitespace().collect();
        assert!(squeezed.contains("Padding{left:1,right:0,top:0,bottom:1,}"), "{code}");
    }

    #[test]
    fn stride_per_axis() {
        // Width (9 - 3 + 2)/2 + 1, height (9 - 3 + 2)/1 + 1
        comes_to("INPUT[9x9x3] -> CONV3-4 s2x1", "[5x9x4]");
        comes_to("INPUT[9x9x3] -> CONV3-4 s2", "[5x5x4]");
    }

    #[test]
    fn dilation_keeps_the_size() {
        comes_to("INPUT[8x8x3] -> CONV3-4 d2", "[8x8x4]");
        // A reach of 5: (8 - 5 + 0)/1 + 1
        comes_to("INPUT[8x8x3] -> CONV3-4 d2 p0", "[4x4x4]");
    }

    #[test]
    fn filter_of_unequal_sides() {
        comes_to("INPUT[9x9x3] -> CONV3x5-8", "[9x9x8]");
        comes_to("INPUT[9x9x3] -> CONV3x5-8 p0", "[7x5x8]");
        comes_to("INPUT[8x9x3] -> POOL2x3", "[4x3x3]");
    }

    #[test]
    fn roundings() {
        comes_to("INPUT[8x8x3] -> POOL3 s2 floor", "[3x3x3]");
        comes_to("INPUT[8x8x3] -> POOL3 s2 ceil", "[4x4x3]");
        comes_to("INPUT[8x8x3] -> AVGPOOL3 s1 p1 uncounted", "[8x8x3]");
    }

    #[test]
    fn nested_groups() {
        comes_to("INPUT[16x16x3] -> [[CONV3-4 -> RELU]*2 -> POOL2]*2", "[4x4x4]");
        comes_to("INPUT[16x16x3] -> [[CONV3-4 -> RELU] -> POOL2]", "[8x8x4]");
    }

    #[test]
    fn repeated_never() {
        comes_to("INPUT[8x8x3] -> [CONV3-4]*0 -> FC10", "[1x1x10]");
        assert_eq!(mistakes("INPUT[8x8x3] -> [CONV3-4]*0 -> FC10; assert parameters == 1_930;"), [""; 0]);
    }

    #[test]
    fn expected_volumes() {
        comes_to("INPUT[8x8x3] : [8x8x3] -> CONV3-4 s1 : [8x8x4] -> POOL2 : [4x4x4]", "[4x4x4]");
        comes_to("INPUT[8x8x3] -> [CONV3-4 : [8x8x4] -> RELU]*3 : [8x8x4] -> [POOL2]*3 : [1x1x4]", "[1x1x4]");
    }

    #[test]
    fn parameters() {
        let count = |chain: &str, count: &str| {
            assert_eq!(mistakes(&format!("{chain}; assert parameters == {count};")), [""; 0], "{chain}");
        };
        // Grouped: each filter sees 4/2 channels.
        count("INPUT[8x8x4] -> CONV3-6 g2", "114");
        count("INPUT[8x8x4] -> CONV3-6 g2 nobias", "108");
        count("INPUT[2x2x1] -> FC3 nobias", "12");
        count("INPUT[2x2x1] -> FC3 -> RELU -> FC3", "27");
    }

    #[test]
    fn nameless_network_with_asserts() {
        let notation =
            "INPUT[2x2x1] -> FC3; assert parameters == 15; assert output == [1x1x3]; assert memory <= 28KB;";
        assert_eq!(mistakes(notation), [""; 0]);
        assert!(code(notation).contains("pub struct Net<T = f32>"));
    }

    /// The notes' memory: the input's 2*2*1 numbers and the 3 scores, 4 bytes each.
    #[test]
    fn memory_is_exact() {
        assert_eq!(mistakes("INPUT[16x16x1] -> FC500 -> FC244; assert memory <= 4KB;"), [""; 0]);
        assert_eq!(mistakes("INPUT[16x16x1] -> FC500 -> FC245; assert memory <= 4KB;").len(), 1);
    }

    #[test]
    fn path_of_the_facade() {
        let code = code("#[convnet(crate = foo)] struct Net { INPUT[2x2x1] -> FC3 }");
        assert!(code.contains("use foo::__private as rt;"), "{code}");
        assert!(!code.contains("convnet"), "{code}");
    }
}

/// Definitions that cannot be read do not take the others with them.
mod others_stay {
    use super::*;

    #[test]
    fn behind_an_assert_without_end() {
        let text =
            "struct A { INPUT[2x2x1] -> FC3 } assert parameters == 15 struct B { INPUT[2x2x1] -> FC3 }";
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
}
