//! Checksums in the metadata of a file: `checksum` is the header's, `checksum.conv1.weights` that of a tensor's bytes, and
//! `checksums` says that they are there, so that no flipped bit can hide them all.

use std::collections::BTreeMap;
use std::ops::Range;

use crc32fast::Hasher;

/// The entry that says that there are checksums, and which.
const ALL: &str = "checksums";

/// The entry of the header's checksum.
const HEADER: &str = "checksum";

/// What the entries of tensors' checksums begin with.
const TENSOR: &str = "checksum.";

/// The kind of checksum, the value of [`ALL`].
const KIND: &str = "crc32";

/// What a checksum begins with.
const PREFIX: &str = "crc32:";

/// Digits of a checksum.
const DIGITS: usize = 8;

/// What stands before the digits of the header's checksum. No other part of a JSON text is written so, since quotes in a
/// string are.
const MARK: &[u8] = br#""checksum":"crc32:"#;

/// A checksum as a file writes it.
pub(super) fn text(checksum: u32) -> String {
    format!("{PREFIX}{checksum:08x}")
}

/// The checksum that a text is, in small letters alone: two spellings would differ in a bit that means nothing.
fn value(written: &str) -> Option<u32> {
    let value = u32::from_str_radix(written.strip_prefix(PREFIX)?, 16).ok()?;
    (text(value) == written).then_some(value)
}

/// Whether an entry of the metadata is the file's own.
pub(super) fn is_reserved(key: &str) -> bool {
    key == ALL || key == HEADER || key.starts_with(TENSOR)
}

/// Adds the entries of all checksums, the header's with zeros as its digits.
pub(super) fn add<'a>(
    metadata: &mut BTreeMap<String, String>,
    tensors: impl Iterator<Item = (&'a str, u32)>,
) {
    metadata.insert(ALL.to_owned(), KIND.to_owned());
    metadata.insert(HEADER.to_owned(), text(0));
    metadata.extend(tensors.map(|(name, checksum)| (format!("{TENSOR}{name}"), text(checksum))));
}

/// Writes the header's checksum in the place of its zeros.
pub(super) fn seal(header: &mut [u8]) {
    let digits = digits(header).expect("a header of ours has a checksum");
    let checksum = of_header(header, &digits);
    header[digits].copy_from_slice(format!("{checksum:08x}").as_bytes());
}

/// Where the digits of the header's checksum are, if it has one.
fn digits(header: &[u8]) -> Option<Range<usize>> {
    let begin = header.windows(MARK.len()).position(|bytes| bytes == MARK)? + MARK.len();
    (header.len() - begin >= DIGITS).then_some(begin..begin + DIGITS)
}

/// The checksum of a header and of the length before it, its own digits counted as zeros.
fn of_header(header: &[u8], digits: &Range<usize>) -> u32 {
    let mut checksum = Hasher::new();
    checksum.update(&(header.len() as u64).to_le_bytes());
    checksum.update(&header[..digits.start]);
    checksum.update(&[b'0'; DIGITS]);
    checksum.update(&header[digits.end..]);
    checksum.finalize()
}

/// What the header's checksum says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// There is none.
    Absent,
    /// It is as it was written.
    Intact,
    /// It is not.
    Damaged {
        /// The checksum in the header.
        expected: String,
        /// The header's checksum.
        found: String,
    },
}

/// Compares the header with its checksum, before anything in it is believed.
pub(super) fn verify(header: &[u8]) -> Verdict {
    let Some(digits) = digits(header) else { return Verdict::Absent };
    let found = text(of_header(header, &digits));
    let written = &header[digits];
    if &found.as_bytes()[PREFIX.len()..] == written {
        return Verdict::Intact;
    }
    Verdict::Damaged { expected: format!("{PREFIX}{}", String::from_utf8_lossy(written)), found }
}

/// Takes the checksums of the tensors out of the metadata, in the tensors' order; `None` if the file has none at all.
///
/// # Errors
/// What is missing, or too much, and what is there in its place.
pub(super) fn take<'a>(
    metadata: &mut BTreeMap<String, String>,
    header: &Verdict,
    names: impl Iterator<Item = &'a str>,
) -> Result<Option<Vec<u32>>, [String; 2]> {
    let of_ours = |(key, value): (&String, &String)| is_reserved(key) && value.starts_with(PREFIX);
    if !metadata.contains_key(ALL) && !metadata.iter().any(of_ours) {
        return Ok(None);
    }
    let mut entry = |key: &str| metadata.remove(key).unwrap_or_else(|| "no such entry".to_owned());
    let kind = entry(ALL);
    if kind != KIND {
        return Err([format!("`{ALL}` in the metadata to be {KIND}"), kind]);
    }
    let own = entry(HEADER);
    if value(&own).is_none() || *header != Verdict::Intact {
        return Err([format!("the header's checksum as `{HEADER}` in the metadata"), own]);
    }
    let checksums = names.map(|name| {
        let written = entry(&format!("{TENSOR}{name}"));
        let missing = || {
            [format!("the checksum of tensor `{name}` as `{TENSOR}{name}` in the metadata"), written.clone()]
        };
        value(&written).ok_or_else(missing)
    });
    let checksums = checksums.collect::<Result<_, _>>()?;
    match metadata.keys().find(|key| is_reserved(key)) {
        None => Ok(Some(checksums)),
        Some(key) => Err(["checksums of the tensors that there are".to_owned(), format!("`{key}`")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_has_one_spelling() {
        assert_eq!(value("crc32:0000abcd"), Some(0xabcd));
        for written in
            ["crc32:0000ABCD", "crc32:abcd", "crc32:+000abcd", "0000abcd", "crc32:00000abcd", "crc32:"]
        {
            assert_eq!(value(written), None, "{written}");
        }
    }
}
