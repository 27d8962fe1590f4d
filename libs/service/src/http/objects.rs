//! A deserializer that reads objects only from objects. What serde derives for a struct would also
//! take an array of its fields in their order, which is no contract of ours.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Reads from a self-describing deserializer, here and in everything inside.
pub(super) struct Objects<D>(pub(super) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Inside(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Inside(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Inside(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Object(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Inside(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// A visitor that reads what is inside by the same rule.
struct Inside<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.0.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.0.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.0.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.0.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.0.visit_borrowed_str(value)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(value))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Inside(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Inside(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Inside(data))
    }
}

/// The visitor of a struct: it takes an object and nothing else.
struct Object<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Inside(map))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        // A key is a text: nothing is inside.
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Inside(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Inside<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(deserializer))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Inside<A> {
    type Error = A::Error;
    type Variant = Inside<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, data) = self.0.variant_seed(seed)?;
        Ok((name, Inside(data)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Inside<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Inside(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Inside(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Object(visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: i64,
        #[serde(default)]
        label: Option<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Meters(i64);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Shape {
        Empty,
        Dot(Point),
        Line { from: Point, to: (i64, i64) },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "camelCase")]
    enum Tagged {
        Dot { at: Point },
        Nothing,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Point(Point),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Drawing {
        #[serde(flatten)]
        origin: Point,
        shapes: Vec<Shape>,
        named: Option<BTreeMap<String, Point>>,
    }

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        T::deserialize(Objects(&mut deserializer)).map_err(|error| error.to_string())
    }

    fn point(x: i64) -> Point {
        Point { x, label: None }
    }

    #[test]
    fn an_array_is_no_object_wherever_it_stands() {
        let refused = [
            read::<Point>("[1,null]").err(),
            read::<Option<Point>>("[1,null]").err(),
            read::<Vec<Point>>("[{\"x\":1},[1,null]]").err(),
            read::<BTreeMap<String, Option<Box<Point>>>>("{\"a\":[1,null]}").err(),
            read::<(i64, Point)>("[1,[1,null]]").err(),
            read::<Shape>("{\"dot\":[1,null]}").err(),
            read::<Shape>("{\"line\":[{\"x\":1},[2,3]]}").err(),
            read::<Shape>("{\"line\":{\"from\":[1,null],\"to\":[2,3]}}").err(),
            read::<Drawing>("{\"x\":1,\"shapes\":[{\"dot\":[1,null]}]}").err(),
        ];
        for (number, error) in refused.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("number {number} was read"));
            assert!(error.starts_with("invalid type: sequence, expected an object"), "{number}: {error}");
        }
    }

    #[test]
    fn everything_else_is_read_as_before() {
        let labelled = Point { x: 1, label: Some("a\nb".into()) };
        assert_eq!(read(r#"{"x":1,"label":"a\nb"}"#), Ok(labelled));
        assert_eq!(read("[1,2]"), Ok((1, 2)));
        assert_eq!(read("7"), Ok(Meters(7)));
        assert_eq!(read("null"), Ok(None::<Point>));
        assert_eq!(read("[true,0.5,\"x\"]"), Ok((true, 0.5, 'x')));
        assert_eq!(read("\"empty\""), Ok(Shape::Empty));
        assert_eq!(read(r#"{"dot":{"x":1}}"#), Ok(Shape::Dot(point(1))));
        let line = Shape::Line { from: point(1), to: (2, 3) };
        assert_eq!(read(r#"{"line":{"from":{"x":1},"to":[2,3]}}"#), Ok(line));
        assert_eq!(read(r#"{"kind":"nothing"}"#), Ok(Tagged::Nothing));
        assert_eq!(read(r#"{"at":{"x":1},"kind":"dot"}"#), Ok(Tagged::Dot { at: point(1) }));
        assert_eq!(read("[5,{\"x\":1}]"), Ok(vec![Either::Number(5), Either::Point(point(1))]));
        let drawing = Drawing { origin: point(1), shapes: vec![Shape::Empty], named: None };
        assert_eq!(read(r#"{"x":1,"shapes":["empty"]}"#), Ok(drawing));
        let anything: serde_json::Value = read("{\"a\":[1,null,{\"b\":-2.5}]}").unwrap();
        assert_eq!(anything, serde_json::json!({ "a": [1, null, { "b": -2.5 }] }));
        assert_eq!(read(r#"{"1":{"x":1}}"#), Ok(BTreeMap::from([(1_u32, point(1))])));
    }
}
