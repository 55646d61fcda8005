//! Numbers in JSON, which knows no NaN and no infinities: those are written as words, and read back from them.
//!
//! A loss that is not finite is the very thing that a record has to keep.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

/// What is written as a number: one, or one that may be missing.
pub(super) trait Number: Copy {
    /// The number, if there is one.
    fn get(self) -> Option<f64>;
    /// From a number or none; nothing if there must be one.
    fn of(number: Option<f64>) -> Option<Self>;
}

impl Number for f64 {
    fn get(self) -> Option<f64> {
        Some(self)
    }

    fn of(number: Option<f64>) -> Option<Self> {
        number
    }
}

impl Number for Option<f64> {
    fn get(self) -> Option<f64> {
        self
    }

    fn of(number: Option<f64>) -> Option<Self> {
        Some(number)
    }
}

/// Writes a number; the words for those that are not finite are JavaScript's.
pub(super) fn serialize<N: Number, S: Serializer>(number: &N, serializer: S) -> Result<S::Ok, S::Error> {
    match number.get() {
        None => serializer.serialize_none(),
        Some(number) if number.is_finite() => serializer.serialize_f64(number),
        Some(number) if number.is_nan() => serializer.serialize_str("NaN"),
        Some(number) => serializer.serialize_str(if number > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

/// Reads what [`serialize`] writes.
pub(super) fn deserialize<'de, N: Number, D: Deserializer<'de>>(deserializer: D) -> Result<N, D::Error> {
    deserializer.deserialize_any(Reader(PhantomData))
}

/// Takes any number, a word for one, or, if `N` allows it, nothing.
struct Reader<N>(PhantomData<N>);

impl<N: Number> Reader<N> {
    fn value<E: Error>(number: Option<f64>) -> Result<N, E> {
        N::of(number).ok_or_else(|| E::custom("a number is missing"))
    }
}

impl<N: Number> Visitor<'_> for Reader<N> {
    type Value = N;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<N, E> {
        Self::value(Some(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<N, E> {
        Self::value(Some(number as f64))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<N, E> {
        Self::value(Some(number as f64))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<N, E> {
        let number = match word {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
        };
        Self::value(Some(number))
    }

    fn visit_unit<E: Error>(self) -> Result<N, E> {
        Self::value(None)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super")]
        one: f64,
        #[serde(with = "super", default)]
        other: Option<f64>,
    }

    fn there_and_back(one: f64, other: Option<f64>) -> (String, Both) {
        let json = serde_json::to_string(&Both { one, other }).expect("plain data");
        let back = serde_json::from_str(&json).expect("what was written");
        (json, back)
    }

    #[test]
    fn numbers_come_back_as_they_were() {
        for number in [0.0, -1.5, 0.1 + 0.2, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY] {
            let (json, back) = there_and_back(number, Some(-number));
            assert_eq!((back.one, back.other), (number, Some(-number)), "{json}");
        }
        let (json, back) = there_and_back(f64::NAN, None);
        assert_eq!(json, r#"{"one":"NaN","other":null}"#);
        assert!(back.one.is_nan() && back.other.is_none());
    }

    #[test]
    fn whole_numbers_are_numbers_and_other_words_are_not() {
        let read = |json: &str| serde_json::from_str::<Both>(json);
        assert_eq!(read(r#"{"one": -3}"#).expect("a number").one, -3.0);
        assert_eq!(read(r#"{"one": 3, "other": 4}"#).expect("numbers").other, Some(4.0));
        assert!(read(r#"{"one": "many"}"#).is_err_and(|error| error.to_string().contains("\"NaN\"")));
        assert!(read(r#"{"one": null}"#).is_err_and(|error| error.to_string().contains("missing")));
    }
}
