//! The tables and the mistakes of `docs/language.md`, which are made of the vocabulary and the macro: so they cannot drift.
//!
//! `CONVNET_WRITE_TABLES=1 cargo test -p convnet-macros reference` writes the tables anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::expand;
use crate::vocabulary::{KEYWORDS, Keyword, Meaning, OptionKind};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md")
}

fn text() -> String {
    std::fs::read_to_string(path()).expect("the reference of the language")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn row(keyword: &Keyword) -> String {
    let options: Vec<_> = keyword.options.iter().map(|option| code(option.word())).collect();
    let cells =
        [code(keyword.written), keyword.means.to_owned(), keyword.default.to_owned(), options.join(" ")];
    format!("| {} |\n", cells.join(" | "))
}

/// The rows of some keywords, under their head.
fn keywords(which: impl Fn(&Keyword) -> bool) -> String {
    let head = "| write | means | default | options |\n|---|---|---|---|\n";
    head.to_owned() + &KEYWORDS.iter().filter(|keyword| which(keyword)).map(row).collect::<String>()
}

fn options() -> String {
    let mut table = "| write | on |\n|---|---|\n".to_owned();
    for option in OptionKind::ALL {
        let on = KEYWORDS.iter().filter(|keyword| keyword.options.contains(&option));
        let on: Vec<_> = on.map(|keyword| code(keyword.name)).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {} | {} |", code(option.example()), on.join(" "));
    }
    table
}

/// Each table, by the name in its marker.
fn tables() -> [(&'static str, String); 3] {
    let is_layer = |keyword: &Keyword| keyword.meaning.loss().is_none();
    [
        ("layers", keywords(is_layer)),
        ("losses", keywords(|keyword| !is_layer(keyword))),
        ("options", options()),
    ]
}

/// The text between the markers of a table.
fn between<'a>(text: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&begin).expect("a marker");
    let (table, after) = rest.split_once(&end).expect("a marker");
    (before, table, after)
}

#[test]
fn the_tables_are_the_vocabularys() {
    let mut text = text();
    for (name, table) in tables() {
        let (before, found, after) = between(&text, name);
        if std::env::var_os("CONVNET_WRITE_TABLES").is_some() {
            text = format!("{before}<!-- {name} -->\n{table}<!-- end of {name} -->{after}");
            std::fs::write(path(), &text).expect("the reference of the language");
            continue;
        }
        assert_eq!(found, table, "docs/language.md: write the tables anew with CONVNET_WRITE_TABLES=1");
    }
}

/// The code blocks of the reference that begin with this, without `network!` and what stands around it.
fn examples(fence: &str) -> Vec<String> {
    let text = text();
    let blocks = text.split("\n```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| block.strip_prefix(fence)?.strip_prefix('\n'));
    let networks = blocks.flat_map(|block| {
        // Lines that rustdoc hides begin with `# `.
        let block = block.replace("\n# ", "\n");
        let file: syn::File = syn::parse_str(&block).unwrap_or_else(|error| panic!("{error} in\n{block}"));
        file.items.into_iter().filter_map(|item| match item {
            syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "network" => {
                Some(item.mac.tokens.to_string())
            }
            _ => None,
        })
    });
    networks.collect()
}

fn messages(notation: &str) -> Vec<String> {
    crate::tests::messages(expand::network(notation.parse().expect("tokens")))
}

/// Every example says what it is meant to say: what compiles has no message, what does not has the one in this snapshot.
#[test]
fn the_examples_say_what_they_should() {
    for notation in examples("") {
        assert_eq!(messages(&notation), [""; 0], "{notation}");
    }
    let mut answers = String::new();
    for notation in examples("compile_fail") {
        let messages = messages(&notation);
        assert!(!messages.is_empty(), "{notation}");
        let _ = writeln!(answers, "{notation}\n{}\n", messages.join("\n"));
    }
    insta::assert_snapshot!(answers);
}

/// Every keyword has an example that compiles and one that does not.
#[test]
fn every_keyword_is_shown() {
    let (good, bad) = (examples("").join("\n"), examples("compile_fail").join("\n"));
    for keyword in KEYWORDS {
        // A tree and a structure are the user's, which the examples beside the losses show.
        let has = |text: &str| {
            text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
                word == keyword.name
                    || word.strip_prefix(keyword.name).is_some_and(|rest| {
                        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x')
                    })
            })
        };
        assert!(has(&good), "`{}` has no example in docs/language.md", keyword.name);
        let is_plain = keyword.parameters.is_empty()
            && keyword.options.is_empty()
            && !matches!(
                keyword.meaning,
                Meaning::Join(_) | Meaning::Input | Meaning::Maxout | Meaning::Identity
            );
        assert!(has(&bad) || is_plain, "`{}` has no example of a mistake in docs/language.md", keyword.name);
    }
}
