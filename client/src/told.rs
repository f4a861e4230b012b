//! What answers are read into: each type of the API, member by member, as its `Deserialize` has it.

use satchel_api::problem::Work;
use satchel_api::{
    Burned, Code, Config, DocumentReceipt, LinkMade, LinkReceipt, LinksMade, Panicked, PasteState, Probed, Problem,
    Receipt,
};

use crate::json::Value;

/// What can be read from an answer.
pub(crate) trait Told: Sized {
    /// None where the value has another shape.
    fn told(value: &Value<'_>) -> Option<Self>;

    /// What it is where there is no such member.
    fn missing() -> Option<Self> {
        None
    }
}

impl<'a> Value<'a> {
    /// The member of that name, if there is one. None where this is no object, or it stands there twice.
    fn member(&self, name: &str) -> Option<Option<&Value<'a>>> {
        let Self::Object(members) = self else { return None };
        let mut named = members.iter().filter(|(known, _)| known == name);
        let found = named.next();
        named.next().is_none().then_some(found.map(|(_, value)| value))
    }

    fn field<T: Told>(&self, name: &str) -> Option<T> {
        self.member(name)?.map_or_else(T::missing, T::told)
    }

    /// For a member that older servers do not send.
    fn field_or_default<T: Told + Default>(&self, name: &str) -> Option<T> {
        self.member(name)?.map_or_else(|| Some(T::default()), T::told)
    }
}

impl<T: Told> Told for Option<T> {
    fn told(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::told(value).map(Some),
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: Told> Told for Vec<T> {
    fn told(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::List(values) => values.iter().map(T::told).collect(),
            _ => None,
        }
    }
}

impl Told for String {
    fn told(value: &Value<'_>) -> Option<Self> {
        text(value).map(str::to_owned)
    }
}

impl Told for bool {
    fn told(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(yes) => Some(*yes),
            _ => None,
        }
    }
}

impl Told for u64 {
    fn told(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Number(number) => *number,
            _ => None,
        }
    }
}

macro_rules! smaller {
    ($($number:ty),+) => { $(impl Told for $number {
        fn told(value: &Value<'_>) -> Option<Self> {
            u64::told(value)?.try_into().ok()
        }
    })+ };
}
smaller!(u32, u16, u8);

fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

impl Told for Code {
    fn told(value: &Value<'_>) -> Option<Self> {
        let word = text(value)?;
        let known = Self::ALL.iter().copied().find(|code| code.as_str() == word);
        Some(known.unwrap_or(Self::Unknown))
    }
}

impl Told for PasteState {
    fn told(value: &Value<'_>) -> Option<Self> {
        match text(value)? {
            "uploading" => Some(Self::Uploading),
            "stored" => Some(Self::Stored),
            "burned" => Some(Self::Burned),
            _ => None,
        }
    }
}

impl Told for Burned {
    fn told(value: &Value<'_>) -> Option<Self> {
        match text(value)? {
            "reads" => Some(Self::Reads),
            "expiry" => Some(Self::Expiry),
            "demand" => Some(Self::Demand),
            "guessing" => Some(Self::Guessing),
            _ => None,
        }
    }
}

/// Members under their own names; behind the semicolon those that older servers do not send.
macro_rules! told {
    ($($name:ident { $($field:ident),+ $(; $newer:ident)? })+) => { $(impl Told for $name {
        fn told(value: &Value<'_>) -> Option<Self> {
            Some(Self {
                $($field: value.field(stringify!($field))?,)+
                $($newer: value.field_or_default(stringify!($newer))?,)?
            })
        }
    })+ };
}

told! {
    Config { version, size_bytes_max, expires_in_secs_min, expires_in_secs_max, expires_in_secs_default, reads_max, invite_required }
    Probed { size, reads, reads_left, expires_at, tries_left, burns_on_guessing, retry_after }
    Receipt { state, burned, burned_at, size, reads, reads_left, leases_running, wrong_tries, retry_after, expires_at; reads_used }
    LinksMade { links }
    LinkMade { number, expires_at }
    DocumentReceipt { state, size, links }
    LinkReceipt { number, receipt, label }
    Panicked { burned }
    Work { challenge, bits, nonces }
}

impl Told for Problem {
    fn told(value: &Value<'_>) -> Option<Self> {
        Some(Self {
            r#type: value.field("type")?,
            title: value.field("title")?,
            status: value.field("status")?,
            code: value.field("code")?,
            limit: value.field("limit")?,
            retry_after: value.field("retry_after")?,
            tries_left: value.field("tries_left")?,
            offset: value.field("offset")?,
            burned: value.field("burned")?,
            burned_at: value.field("burned_at")?,
            work: value.field("work")?,
            field: value.field("field")?,
        })
    }
}
