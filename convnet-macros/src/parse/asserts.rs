//! `assert parameters == N;`, `assert output == [WxHxD];`, `assert memory <= 100MB;`.

use convnet_geometry::Volume;
use proc_macro2::{Delimiter, Literal, TokenTree};

use super::cursor::Cursor;
use super::numbers;
use super::scope::Scope;
use crate::ast::{Assert, Claim, Number};
use crate::diagnostics::{Diagnostic, Place};

const FORMS: &str =
    "asserts are `assert parameters == 1_000;`, `assert output == [1x1x10];` and `assert memory <= 100MB;`";

/// Reads the tokens of one assert, without its semicolon.
pub(super) fn assertion(statement: &[TokenTree], scope: &Scope<'_>) -> Result<Assert, Diagnostic> {
    let mut cursor = Cursor::new(statement);
    let error = |place: Place, message: String| Diagnostic::new(place, message).help(FORMS);
    let assert = cursor.take_ident().expect("a statement that begins with `assert`");
    let Some(subject) = cursor.take_ident() else {
        return Err(error(assert.span().into(), "expected what is asserted".to_owned()));
    };
    let name = subject.to_string();
    let relation: String = std::iter::from_fn(|| match cursor.peek() {
        Some(TokenTree::Punct(punct)) => {
            cursor.next();
            Some(punct.as_char())
        }
        _ => None,
    })
    .collect();
    let place = Place::of(cursor.rest());
    let claim = match (name.as_str(), relation.as_str(), cursor.next()) {
        ("parameters", "==", Some(TokenTree::Literal(number))) => {
            Claim::Parameters(numbers::literal(number)?.evaluate(&Vec::new())? as u64)
        }
        ("output", "==", Some(TokenTree::Group(group))) if group.delimiter() == Delimiter::Bracket => {
            let [width, height, depth] = numbers::volume(group, scope)?;
            let side = |number: Number| number.evaluate(&Vec::new());
            Claim::Output(Volume::new(side(width)?, side(height)?, side(depth)?))
        }
        ("memory", "<=", Some(TokenTree::Literal(amount))) => Claim::Memory(bytes(amount)?),
        ("parameters" | "output" | "memory", ..) => {
            let whole = Place::of(statement);
            return Err(error(whole, format!("this is not how `{name}` is asserted")));
        }
        _ => return Err(error(subject.span().into(), format!("nothing is known of `{name}`"))),
    };
    match cursor.peek() {
        None => Ok(Assert { claim, place }),
        Some(extra) => {
            Err(Diagnostic::new(extra.span(), format!("expected `;`, found `{}`", numbers::text(extra)))
                .help("an assert ends in `;`"))
        }
    }
}

/// `100MB` (10^6 bytes) or `64MiB` (2^20).
fn bytes(amount: &Literal) -> Result<u64, Diagnostic> {
    const UNITS: [(&str, f64); 6] = [
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
    ];
    let text = amount.to_string().replace('_', "");
    let parsed = UNITS.iter().find_map(|(suffix, unit)| {
        let number: f64 = text.strip_suffix(suffix)?.parse().ok()?;
        Some(number * unit)
    });
    match parsed {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a literal is not negative"
        )]
        Some(bytes) if bytes.is_finite() => Ok(bytes as u64),
        _ => Err(Diagnostic::new(amount.span(), format!("`{amount}` is no amount of memory"))
            .help("write it as `100MB` (10^6 bytes) or `64MiB` (2^20 bytes); KB, KiB, GB and GiB work too")),
    }
}
