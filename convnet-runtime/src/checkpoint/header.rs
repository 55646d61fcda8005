//! The header of a file: read strictly, and written.
//!
//! The `safetensors` crate is not used: its reader takes the last of two tensors of one name, forgets their order, and says
//! neither where a mistake is nor, mostly, in which tensor; its writer orders the metadata by chance.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::tensor::{Dtype, count};

/// The most bytes of a header, as in the format's own reader.
pub(super) const LONGEST: u64 = 100_000_000;

/// Bytes before the header: its length.
pub(super) const LENGTH: usize = 8;

/// What the numbers' offset is a multiple of.
const ALIGNMENT: usize = 64;

/// The most dimensions of a tensor: `[0,0,0,..]` takes more memory than it takes bytes.
const MOST_DIMENSIONS: usize = 64;

/// The entry that is no tensor.
pub(super) const METADATA: &str = "__metadata__";

/// What a header says.
#[derive(Default)]
pub(super) struct Header {
    /// The words about the tensors.
    pub metadata: BTreeMap<String, String>,
    /// The tensors, in order.
    pub entries: Vec<Entry>,
}

/// What a header says about a tensor.
pub(super) struct Entry {
    /// Its name.
    pub name: String,
    /// The type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where its bytes begin and end, from the first byte behind the header.
    pub offsets: [u64; 2],
}

impl Entry {
    /// How many numbers it holds.
    pub(super) fn count(&self) -> Option<usize> {
        count(&self.shape, self.dtype)
    }
}

/// What is wrong in a header.
pub(super) struct Mistake {
    /// Where, in bytes from its beginning.
    pub offset: u64,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Mistake {
    /// One that has no place of its own.
    fn anywhere(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { offset: 0, expected: expected.into(), found: found.into() }
    }
}

impl Header {
    /// Reads a header of a file that has `data` bytes behind it.
    pub(super) fn read(text: &[u8], data: u64) -> Result<Self, Mistake> {
        if text.first() != Some(&b'{') {
            return Err(Mistake::anywhere("a header that begins with {", "another character, or none"));
        }
        let header: Self = serde_json::from_slice(text).map_err(|error| json_mistake(text, &error))?;
        header.check_names()?;
        header.check_offsets(data)?;
        Ok(header)
    }

    fn check_names(&self) -> Result<(), Mistake> {
        let mut names: Vec<_> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => {
                Err(Mistake::anywhere("one tensor of each name", format!("two of the name `{}`", pair[0])))
            }
        }
    }

    /// Whether the tensors' bytes lie one behind the other, as many as they need, up to the end of the file.
    fn check_offsets(&self, data: u64) -> Result<(), Mistake> {
        let mut end = 0_u64;
        for entry in &self.entries {
            let Entry { name, dtype, shape, offsets } = entry;
            let Some(bytes) = entry.count().map(|count| (count * dtype.width()) as u64) else {
                let expected = format!("tensor `{name}` to have a shape that memory can hold");
                return Err(Mistake::anywhere(expected, format!("{dtype} {shape:?}")));
            };
            let expected = [end, end.saturating_add(bytes)];
            if *offsets != expected {
                let expected = format!(
                    "tensor `{name}`, {dtype} {shape:?}, to have the data_offsets {expected:?}, behind the one before it"
                );
                return Err(Mistake::anywhere(expected, format!("{offsets:?}")));
            }
            end = expected[1];
        }
        if end == data {
            return Ok(());
        }
        Err(Mistake::anywhere(
            format!("{end} bytes behind the header, as the tensors need"),
            data.to_string(),
        ))
    }

    /// The bytes of a header, with spaces behind them so that numbers lie at a multiple of [`ALIGNMENT`] in the file.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut text = "{".to_owned();
        let metadata = self.metadata.iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value)));
        let metadata = metadata.collect::<Vec<_>>().join(",");
        write!(text, "{}:{{{metadata}}}", quoted(METADATA)).expect("strings grow");
        for Entry { name, dtype, shape, offsets: [begin, end] } in &self.entries {
            let shape = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            let name = quoted(name);
            write!(text, r#",{name}:{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[{begin},{end}]}}"#)
                .expect("strings grow");
        }
        text.push('}');
        let mut bytes = text.into_bytes();
        bytes.resize((LENGTH + bytes.len()).next_multiple_of(ALIGNMENT) - LENGTH, b' ');
        bytes
    }
}

/// A string as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A mistake of the text, with the place as an offset instead of a line and a column.
fn json_mistake(text: &[u8], error: &serde_json::Error) -> Mistake {
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    let (message, place) =
        (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
    let offset = (before + error.column().saturating_sub(1)) as u64;
    let found = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    Mistake { offset, expected: "a header of the safetensors format".to_owned(), found }
}

/// Reads an object of tensors, and of the metadata.
struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let (mut metadata, mut entries) = (None, Vec::new());
        while let Some(name) = map.next_key::<String>()? {
            if name != METADATA {
                let fields = map.next_value::<Fields>();
                let Fields { dtype, shape, offsets } =
                    fields.map_err(|error| A::Error::custom(format!("tensor `{name}`: {error}")))?;
                entries.push(Entry { name, dtype, shape, offsets });
            } else if metadata.replace(map.next_value::<Words>()?.0).is_some() {
                return Err(A::Error::custom("two entries `__metadata__`"));
            }
        }
        Ok(Header { metadata: metadata.unwrap_or_default(), entries })
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

/// The metadata: strings by strings, none of them twice.
struct Words(BTreeMap<String, String>);

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
        let mut words = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, String>()? {
            if words.contains_key(&key) {
                return Err(A::Error::custom(format!("two entries `{key}` in the metadata")));
            }
            words.insert(key, value);
        }
        Ok(Words(words))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WordsVisitor)
    }
}

/// The entry of a tensor, without its name.
struct Fields {
    dtype: Dtype,
    shape: Vec<usize>,
    offsets: [u64; 2],
}

/// The same as JSON has it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFields {
    dtype: Dtype,
    shape: Shape,
    data_offsets: [u64; 2],
}

/// Reads an object alone: what `serde` derives would take a list of the three too.
struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with dtype, shape and data_offsets")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields, A::Error> {
        let raw = RawFields::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Fields { dtype: raw.dtype, shape: raw.shape.0, offsets: raw.data_offsets })
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A shape, of at most [`MOST_DIMENSIONS`].
struct Shape(Vec<usize>);

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST_DIMENSIONS} sizes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut sizes = Vec::new();
        while let Some(size) = list.next_element()? {
            if sizes.len() == MOST_DIMENSIONS {
                return Err(A::Error::invalid_length(sizes.len() + 1, &self));
            }
            sizes.push(size);
        }
        Ok(Shape(sizes))
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct DtypeVisitor;

impl Visitor<'_> for DtypeVisitor {
    type Value = Dtype;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of the dtypes {}", Dtype::ALL.map(Dtype::name).join(", "))
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Dtype, E> {
        Dtype::of(name).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(name), &self))
    }
}

impl<'de> Deserialize<'de> for Dtype {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DtypeVisitor)
    }
}

/// Whether a shape has more dimensions than are read again.
pub(super) fn has_too_many_dimensions(shape: &[usize]) -> bool {
    shape.len() > MOST_DIMENSIONS
}
