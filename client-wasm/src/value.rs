//! JavaScript values in and out: objects field by field, in the names of web/src/vault.ts.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

/// An object that is being made.
pub(crate) struct Fields(Object);

impl Fields {
    pub(crate) fn new() -> Self {
        Self(Object::new())
    }

    /// With one more field.
    pub(crate) fn with(self, name: &str, value: impl Into<JsValue>) -> Self {
        // Setting a field of a plain object that nobody froze succeeds.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), &value.into());
        self
    }

    /// With one more field, `null` where there is no value.
    pub(crate) fn with_or_null(self, name: &str, value: Option<impl Into<JsValue>>) -> Self {
        self.with(name, value.map_or(JsValue::NULL, Into::into))
    }

    /// With one more field where there is a value.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<JsValue>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn done(self) -> Object {
        self.0
    }
}

impl From<Fields> for JsValue {
    fn from(fields: Fields) -> Self {
        fields.0.into()
    }
}

/// The field of an object, undefined where there is none or no object.
pub(crate) fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The text in a field.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    field(object, name).as_string()
}

/// The whole number in a field.
pub(crate) fn whole(object: &JsValue, name: &str) -> Option<u64> {
    field(object, name).as_f64().and_then(to_u64)
}

/// The number in a field that is below 2^32.
pub(crate) fn small(args: &JsValue, name: &str) -> Option<u32> {
    whole(args, name).and_then(|value| u32::try_from(value).ok())
}

/// A size, time or count for JavaScript. Exact up to 2^53, which no size or time here reaches.
#[expect(clippy::cast_precision_loss, reason = "sizes and times stay below 2^53")]
pub(crate) fn number(value: u64) -> f64 {
    value as f64
}

/// A whole number of JavaScript's, if it is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked on the line before"
)]
pub(crate) fn to_u64(value: f64) -> Option<u64> {
    ((0.0..=9_007_199_254_740_991.0).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}
