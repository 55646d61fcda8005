//! Whatever stands in `network! { ... }`, the macro answers with code or with a message: it neither panics nor hangs.
//!
//! ```text
//! cargo install cargo-fuzz && mkdir -p fuzz/corpus
//! cargo +nightly fuzz run network fuzz/corpus fuzz/seeds -- -dict=fuzz/network.dict -len_control=0 -max_len=400 -timeout=10
//! ```
//!
//! CI does not run it: there `convnet-macros/src/tests/any_tokens.rs` asks the same of what proptest makes of the
//! language's own tokens, on stable Rust and in seconds. What is found here becomes a case there.
//!
//! A proc-macro crate exports macros alone, so that its modules are compiled into this one, as they stand.

#![no_main]

#[path = "../../convnet-macros/src/ast/mod.rs"]
mod ast;
#[path = "../../convnet-macros/src/check/mod.rs"]
mod check;
#[path = "../../convnet-macros/src/codegen/mod.rs"]
mod codegen;
#[path = "../../convnet-macros/src/diagnostics.rs"]
mod diagnostics;
#[path = "../../convnet-macros/src/editor.rs"]
mod editor;
#[path = "../../convnet-macros/src/expand.rs"]
mod expand;
#[path = "../../convnet-macros/src/fallback.rs"]
mod fallback;
#[path = "../../convnet-macros/src/infer/mod.rs"]
mod infer;
#[path = "../../convnet-macros/src/parse/mod.rs"]
mod parse;
#[path = "../../convnet-macros/src/plan/mod.rs"]
mod plan;
#[path = "../../convnet-macros/src/unroll/mod.rs"]
mod unroll;
#[path = "../../convnet-macros/src/vocabulary/mod.rs"]
mod vocabulary;

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;

fuzz_target!(|text: &str| {
    // What is not made of Rust's tokens never reaches a macro.
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    let answer = expand::network(tokens).to_string();
    let is_answered = answer.contains(":: Network for ") || answer.contains("compile_error");
    assert!(is_answered, "neither code nor a message");
});
