//! Documentation of the generated code: the table on the struct, a line on each accessor.

use proc_macro2::TokenStream;
use quote::quote;

use crate::plan::Plan;

/// The network's table, in a code block, so that an editor shows it on hovering the struct.
pub(super) fn table(plan: &Plan<'_>) -> TokenStream {
    let report = plan.with_architecture(|architecture| architecture.report().to_string());
    let report = report.expect("the network was checked");
    // What the user wrote stands before it: the empty line makes this a paragraph of its own.
    let text = format!("\n```text\n{report}```");
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// A line for each layer.
pub(super) fn layers(plan: &Plan<'_>) -> Vec<String> {
    let lines = plan.with_architecture(|architecture| {
        architecture.report().lines().map(|line| format!(" `{line}`")).collect()
    });
    lines.expect("the network was checked")
}
