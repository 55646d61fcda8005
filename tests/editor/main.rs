//! What an editor shows of a network, asked of rust-analyzer itself; skipped where there is none.
//!
//! A check is a source file with the cursor at `$0`, and what hovering or completion there must say.

mod language_server;

use language_server::{completions, definition, hover};

/// A file with this network, and a function that uses it.
fn file(chain: &str, usage: &str) -> String {
    format!(
        "convnet::network! {{
             /// As small as it gets.
             pub struct Small {{ {chain} }}
         }}
         pub fn main() {{ {usage} }}"
    )
}

/// Hovering this place must show all of these.
#[track_caller]
fn shows(file: &str, expected: &[&str]) {
    let Some(text) = hover(file) else { return };
    for part in expected {
        assert!(text.contains(part), "no `{part}` in what hovering shows:\n{text}\nof\n{file}");
    }
}

/// Completion at this place must offer the keywords.
#[track_caller]
fn offers_keywords(file: &str) {
    let Some(offered) = completions(file) else { return };
    for keyword in ["INPUT", "CONV", "POOL", "AVGPOOL", "FC", "RELU", "SOFTMAX", "SVM"] {
        assert!(offered.iter().any(|label| label == keyword), "no `{keyword}` in {offered:?} of\n{file}");
    }
}

#[test]
fn a_keyword_shows_what_it_does() {
    let convolution = ["convnet::dsl", "pub const CONV: Keyword", "a convolution with K filters of FxF"];
    shows(&file("INPUT[8x8x3] -> CO$0NV3-4 -> RELU -> FC10", ""), &convolution);
    shows(
        &file("INPUT[8x8x3] -> [CONV3-4 -> REL$0U]*2 -> FC10", ""),
        &["pub const RELU: Keyword", "in place"],
    );
}

#[test]
fn a_keyword_of_a_network_with_a_mistake_shows_it_too() {
    let convolution = ["pub const CONV: Keyword", "a convolution with K filters of FxF"];
    shows(&file("INPUT[8x8x3] -> CO$0NV3-4 ->", ""), &convolution);
    shows(&file("INPUT[9x9x3] -> CO$0NV3-4 -> POOL2", ""), &convolution);
    shows("convnet::network! { INPUT[8x8x3] RELU -> [CO$0NV }", &convolution);
}

#[test]
fn a_struct_shows_its_table() {
    let table = ["As small as it gets.", "CONV3-4:", "[8x8x4]", "total parameters: 2,682"];
    let chain = "INPUT[8x8x3] -> CONV3-4 -> RELU -> FC10";
    shows(&file(chain, "Sm$0all::new(0);"), &table);
    shows(&file(chain, "").replace("struct Small", "struct Sm$0all"), &table);
}

#[test]
fn an_accessor_shows_its_layer() {
    let chain = "INPUT[8x8x3] -> CONV3-4 -> RELU -> FC10";
    let line = ["CONV3-4: [8x8x4]", "memory: 8*8*4=256", "weights: (3*3*3)*4 = 108", "MACs: 6912"];
    shows(&file(chain, "Small::new(0).con$0v1();"), &line);
}

#[test]
fn keywords_are_offered_where_a_layer_is_missing() {
    offers_keywords(&file("$0", ""));
    offers_keywords(&file("INPUT[8x8x3] -> CONV3-4 -> $0", ""));
    offers_keywords(&file("INPUT[8x8x3] -> $0 -> FC10", ""));
    offers_keywords(&file("INPUT[8x8x3] -> [CONV3-4 -> $0]*2 -> FC10", ""));
    offers_keywords("convnet::network! { $0 }");
}

#[test]
fn keywords_are_offered_for_their_first_letters() {
    offers_keywords(&file("INPUT[8x8x3] -> CO$0", ""));
    offers_keywords(&file("INPUT[8x8x3] -> CO$0 -> RELU -> FC10", ""));
    offers_keywords(&file("INPUT[8x8x3] -> CONV3-4 -> [rel$0]*2", ""));
}

#[test]
fn branches_and_other_layers_show_what_they_do() {
    shows(
        &file("INPUT[8x8x3] -> C$0AT{ CONV1-2 | ID } -> FC10", ""),
        &["pub const CAT: Keyword", "stacked in depth"],
    );
    shows(&file("INPUT[8x8x3] -> ADD{ CONV3-3 -> B$0N | ID } -> FC10", ""), &["pub const BN: Keyword"]);
    let line = ["CONV1-2: [8x8x2]", "weights: (1*1*3)*2 = 6"];
    shows(&file("INPUT[8x8x3] -> CAT{ CONV1-2 | ID } -> FC10", "Small::new(0).cat1_b1_con$0v1();"), &line);
    offers_keywords(&file("INPUT[8x8x3] -> CAT{ CONV1-2 | $0 } -> FC10", ""));
}

/// A block of a network, and its use.
const BLOCKS: &str = "convnet::network! {
    /// A convolution and its activation.
    block unit(k) = CONV3-k -> RELU;
    pub struct Blocks {
        INPUT[8x8x3] -> un$0it(4) -> FC10
    }
}";

#[test]
fn a_use_of_a_block_leads_to_its_definition() {
    if let Some(line) = definition(BLOCKS) {
        assert_eq!(line, "block unit(k) = CONV3-k -> RELU;");
    }
    shows(BLOCKS, &["A convolution and its activation."]);
}

#[test]
fn a_keyword_in_a_block_shows_what_it_does() {
    shows(&BLOCKS.replace("un$0it", "unit").replace("RELU", "RE$0LU"), &["pub const RELU: Keyword"]);
}
