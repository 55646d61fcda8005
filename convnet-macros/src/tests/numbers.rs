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

#[test]
fn blocks() {
    // Above its definition, and with each form of a parameter.
    let block =
        "block form(f, k, n) = [CONV(f)x(f)-(2*k) s(1) p((f - 1)/2) -> POOL(n)]*n : [2x2x(2*k)] -> FC(k);";
    let text = format!("struct Net {{ INPUT[8x8x3] -> form(3, 4, 2) }} assert output == [1x1x4]; {block}");
    assert_eq!(mistakes(&text), [""; 0]);
    let text = "block none = [RELU]*0; INPUT[8x8x3] -> ADD{ none | ID | [CONV3-9]*0 } -> FC2; assert parameters == 386;";
    assert_eq!(mistakes(text), [""; 0]);
}

/// `a - b - c` is `(a - b) - c`, and a message shows it with the parentheses that it needs.
#[test]
fn arithmetic() {
    let number = |number: &str, output: &str| {
        let text =
            format!("block b(k) = CONV1-({number}); INPUT[8x8x3] -> b(12); assert output == [8x8x{output}];");
        assert_eq!(mistakes(&text), [""; 0], "{number}");
    };
    number("k - 2 - 3", "7");
    number("k - (2 - 1)", "11");
    number("k/2/3", "2");
    number("k/(2*3)", "2");
    number("2 + k*3", "38");
    number("(2 + k)*3", "42");
    for written in ["k-(2-k)-k*k", "(k+1)*k/(7*k)", "k/(2/k)", "k*k*k-k*k*k*k"] {
        let messages = mistakes(&format!("block b(k) = CONV1-({written}); INPUT[8x8x3] -> b(12)"));
        assert!(messages.len() == 1 && messages[0].contains('`'), "{messages:?}");
        let shown = messages[0].split('`').nth(1).expect("the sum");
        assert!(written.contains(shown), "{shown} in {written}");
    }
}

/// Each use of a block has numbers of its own, which are judged like any others.
#[test]
fn every_use_of_a_block_is_judged() {
    let judged = |block: &str, uses: &str| {
        mistakes(&format!("block b(k) = {block}; struct Net {{ INPUT[9x9x3] -> {uses} -> FC10 }}"))
    };
    for (block, uses) in [
        ("CONV(k)-8", "b(3) -> b(4)"),
        ("DROPOUT(keep=k)", "b(1) -> b(7)"),
        ("LRN(n=k)", "b(3) -> b(4)"),
        ("CONV3-8 s(k)", "b(1) -> b(0)"),
        ("FC8 dropconnect(keep=k)", "b(1) -> b(2)"),
    ] {
        let found = judged(block, uses);
        assert_eq!(found.len(), 1, "{block}: {found:?}");
        assert!(!found[0].contains("cannot be built"), "{found:?}");
    }
    assert_eq!(judged("FC8 dropconnect(keep=k)", "b(1)"), [""; 0]);
}

/// One rule does not hide what another has to say.
#[test]
fn mistakes_of_every_kind_at_once() {
    let found = mistakes("INPUT[8x8x3] -> RELU s2 -> CONV4-8 -> CONV3-8 s0 -> DROPOUT(keep=2) -> FC0");
    assert_eq!(found.len(), 5, "{found:?}");
}

/// What `macro_rules!` hands on stands in groups that nobody sees.
#[test]
fn numbers_of_another_macro() {
    use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
    let invisible =
        |tokens: &str| TokenTree::from(Group::new(Delimiter::None, tokens.parse().expect("tokens")));
    let mut layer: Vec<TokenTree> = "CONV3-".parse::<TokenStream>().expect("tokens").into_iter().collect();
    layer.push(Group::new(Delimiter::None, TokenTree::from(Literal::usize_unsuffixed(8)).into()).into());
    let mut body: Vec<TokenTree> =
        "INPUT[8x8x3] ->".parse::<TokenStream>().expect("tokens").into_iter().collect();
    body.extend(layer);
    body.extend("-> FC10".parse::<TokenStream>().expect("tokens"));
    let mut tokens = vec![invisible("pub(crate)")];
    tokens.extend("struct Net".parse::<TokenStream>().expect("tokens"));
    tokens.push(Group::new(Delimiter::Brace, body.into_iter().collect()).into());
    let expansion = crate::expand::network(tokens.into_iter().collect());
    assert_eq!(super::messages(expansion.clone()), [""; 0]);
    assert!(expansion.to_string().contains("CONV3-8"));
}
