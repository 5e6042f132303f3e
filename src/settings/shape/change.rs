//! How an item is edited.

use serde::{Deserialize, Serialize};

/// One change of attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeAction {
    pub keys: Keys,
    pub change: Change,
}

/// The attributes that a change concerns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Keys {
    Exact(String),
    /// All whose key matches, whole.
    Pattern(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Only where the attribute is absent.
    Insert(Source),
    /// Only where it is present.
    Update(Source),
    Upsert(Source),
    Delete,
    /// SHA-256 of its text in hexadecimal digits.
    Hash,
    /// The named groups of the pattern, found anywhere in its text, become attributes.
    Extract {
        pattern: String,
    },
    /// Every match in its text is replaced; `${name}` stands for a named group.
    Mask {
        pattern: String,
        replace: String,
    },
    /// The value moves under another key, which it replaces.
    Rename {
        to: String,
    },
}

/// Where a value comes from. An attribute that is not there changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    Value(Scalar),
    /// Another attribute of the item.
    Attribute(String),
    /// An attribute of its resource.
    Resource(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scalar {
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
}

/// How a name or a body is made anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Naming {
    /// The values of these attributes, joined. Unless all are there nothing changes.
    FromAttributes { keys: Vec<String>, separator: String },
    /// For each pattern in its order: its named groups become attributes, and `{name}` takes their place in the text.
    ToAttributes { patterns: Vec<String> },
    /// Every match is replaced; `${name}` stands for a named group.
    Replace { pattern: String, replace: String },
    /// A text of its own.
    Fixed(String),
}
