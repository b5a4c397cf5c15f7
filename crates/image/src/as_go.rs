//! JSON as Go's `encoding/json` reads it: registries and runtimes read manifests and configurations with that.
//!
//! Members of a struct are found whatever the case of their names, and `null` is the empty value. Whoever read less of
//! a manifest than the runtime that starts it would take what it holds for nothing: `{"Layers": [..]}` has layers.
//! Stricter in one way: of a member that is there twice, in whatever case, Go takes the last, and here it is an error.
//!
//! Source: <https://pkg.go.dev/encoding/json#Unmarshal>.

use std::{fmt, iter::empty};

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer, StringDeserializer},
    },
    forward_to_deserialize_any,
};

/// A deserializer of JSON, read so.
#[derive(Debug)]
pub struct AsGo<D>(pub D);

/// What is wanted, which tells what `null` stands for.
#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Number,
    Text,
    List,
    /// Its keys are anybody's words.
    Map,
    /// Its keys are these.
    Struct(&'static [&'static str]),
}

macro_rules! wanted {
    ($($method:ident: $kind:expr,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.deserialize_option(OrEmpty { visitor, kind: $kind })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for AsGo<D> {
    type Error = D::Error;

    wanted! {
        deserialize_bool: Kind::Bool,
        deserialize_u64: Kind::Number,
        deserialize_str: Kind::Text,
        deserialize_string: Kind::Text,
        deserialize_seq: Kind::List,
        deserialize_map: Kind::Map,
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let kind = Kind::Struct(names);
        self.0.deserialize_option(OrEmpty { visitor, kind })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Optional(visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    /// What may be anything is what it is, with all that is in it.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct enum
        identifier
    }
}

/// Gives the empty value for `null`.
struct OrEmpty<V> {
    visitor: V,
    kind: Kind,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for OrEmpty<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        let visitor = self.visitor;
        match self.kind {
            Kind::Bool => visitor.visit_bool(false),
            Kind::Number => visitor.visit_u64(0),
            Kind::Text => visitor.visit_str(""),
            Kind::List => visitor.visit_seq(SeqDeserializer::new(empty::<&str>())),
            Kind::Map | Kind::Struct(_) => {
                visitor.visit_map(MapDeserializer::new(empty::<(&str, &str)>()))
            }
        }
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let visitor = self.visitor;
        let inside = |names| move |visitor| Inside { visitor, names };
        match self.kind {
            Kind::Bool => inner.deserialize_bool(visitor),
            Kind::Number => inner.deserialize_u64(visitor),
            Kind::Text => inner.deserialize_string(visitor),
            Kind::List => inner.deserialize_seq(inside(None)(visitor)),
            Kind::Map => inner.deserialize_map(inside(None)(visitor)),
            // As a struct, it might be a list too.
            Kind::Struct(names) => inner.deserialize_map(inside(Some(names))(visitor)),
        }
    }
}

/// Gives none for `null`.
struct Optional<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Optional<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(AsGo(inner))
    }
}

/// What is in a list, a map or a struct; only a struct has names.
struct Inside<T> {
    visitor: T,
    names: Option<&'static [&'static str]>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Items(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        let names = self.names;
        self.visitor.visit_map(Members { members, names })
    }
}

struct Items<A>(A);

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Value(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

struct Members<A> {
    members: A,
    names: Option<&'static [&'static str]>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(names) = self.names else {
            return self.members.next_key_seed(seed);
        };
        let Some(key) = self.members.next_key::<String>()? else {
            return Ok(None);
        };
        let mut names = names.iter();
        let key = names
            .find(|name| is_same(name, &key))
            .map_or(key, |name| (*name).to_owned());
        seed.deserialize(StringDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.members.next_value_seed(Value(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.members.size_hint()
    }
}

/// A value, read as Go does too.
struct Value<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Value<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(AsGo(inner))
    }
}

/// Whether a key means a name, which has letters of ASCII alone. Two other letters are theirs in another case.
fn is_same(name: &str, key: &str) -> bool {
    let folded = key.chars().map(|letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    name.chars().map(|it| it.to_ascii_lowercase()).eq(folded)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Parcel {
        #[serde(default)]
        kind_of: String,
        #[serde(default)]
        pieces: Vec<Piece>,
        #[serde(default)]
        words: BTreeMap<String, String>,
        #[serde(default)]
        is_sealed: bool,
        sender: Option<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Piece {
        size: u64,
        tasks: Option<Vec<String>>,
    }

    fn read(text: &str) -> Result<Parcel, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        Parcel::deserialize(AsGo(&mut json))
    }

    #[test]
    fn names_are_found_in_any_case() {
        let expected = Parcel {
            kind_of: "a".to_owned(),
            pieces: vec![Piece {
                size: 1,
                tasks: Some(vec!["b".to_owned()]),
            }],
            is_sealed: true,
            sender: Some("c".to_owned()),
            ..Parcel::default()
        };
        for text in [
            r#"{"kindOf": "a", "pieces": [{"size": 1, "tasks": ["b"]}], "isSealed": true, "sender": "c"}"#,
            r#"{"KINDOF": "a", "Pieces": [{"SIZE": 1, "Tasks": ["b"]}], "issealed": true, "Sender": "c"}"#,
            "{\"kindof\": \"a\", \"piece\u{17f}\": [{\"\u{17f}ize\": 1, \"tas\u{212a}s\": [\"b\"]}], \"isSealed\": true, \"sender\": \"c\", \"other\": {\"pieces\": 1}}",
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_no_matter_of_luck() {
        for text in [
            r#"{"pieces": [], "pieces": []}"#,
            r#"{"pieces": [], "Pieces": []}"#,
            r#"{"pieces": [{"size": 1, "Size": 2}]}"#,
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("duplicate field"), "{text}: {error}");
        }
    }

    #[test]
    fn words_of_others_keep_their_case() {
        let parcel = read(r#"{"words": {"Team": "a", "team": "b", "size": "c"}}"#).unwrap();
        let words: Vec<_> = parcel.words.keys().collect();
        assert_eq!(words, ["Team", "size", "team"]);
    }

    #[test]
    fn null_is_the_empty_value() {
        let text =
            r#"{"kindOf": null, "pieces": null, "words": null, "isSealed": null, "sender": null}"#;
        assert_eq!(read(text).unwrap(), Parcel::default());
        assert_eq!(read("null").unwrap(), Parcel::default());
        let parcel =
            read(r#"{"pieces": [{"size": null, "tasks": null}], "words": {"a": null}}"#).unwrap();
        let piece = Piece {
            size: 0,
            tasks: None,
        };
        assert_eq!(parcel.pieces, [piece]);
        assert_eq!(parcel.words["a"], "");
        // What has to be there is not there.
        let error = read(r#"{"pieces": [null]}"#).unwrap_err().to_string();
        assert!(error.contains("missing field `size`"), "{error}");
    }

    #[test]
    fn what_is_of_another_kind_is_refused_where_it_stands() {
        for (text, expected) in [
            (
                r#"{"pieces": {}}"#,
                "invalid type: map, expected a sequence",
            ),
            (r#"{"pieces": [["size"]]}"#, "invalid type: sequence"),
            ("{\n\"kindOf\": 1}", "expected a string at line 2 column 11"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
