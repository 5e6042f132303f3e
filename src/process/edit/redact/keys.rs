//! Attributes whose values are secret by their keys.

use super::Under;
use crate::process::select::compile;
use crate::settings::shape::{Item, RedactionKind};
use regex::bytes::Regex;

/// What is asked about every key.
#[derive(Debug)]
pub(super) struct Keys {
    secrets: Vec<Regex>,
    statements: bool,
}

/// `db.password`, `customer.api_key`; but not `gen_ai.usage.output_tokens`, nor `token.count`.
const CREDENTIALS: &str = r"(?i)(?:^|[._-])(?:password|passwd|passphrase|pwd|secret|client[_-]?secret|(?:access|refresh|auth|id|session|bearer)?[_-]?token|(?:api|access|account|private|subscription)[_-]?key|credentials?|connection[_-]?string)$";

/// Captured headers. Python's instrumentations write underscores.
const HEADERS: &str = r"(?i)^(?:http|rpc\.grpc|rpc)\.(?:request|response)\.(?:header|metadata)\.[^.]*(?:auth|cookie|token|secret|session|passw|signature|credential|assertion|api[_-]?key|[_-]key$)";

/// What the parameters of statements are told under.
const PARAMETERS: &str = r"^db\.(?:query|operation)\.parameter\.";

impl Keys {
    pub(super) fn new(kinds: &[RedactionKind]) -> Result<Keys, regex::Error> {
        let mut secrets = Vec::new();
        for kind in kinds {
            match kind {
                RedactionKind::Credentials => secrets.push(compile(CREDENTIALS)?),
                RedactionKind::Headers => secrets.push(compile(HEADERS)?),
                RedactionKind::Sql => secrets.push(compile(PARAMETERS)?),
                RedactionKind::Email | RedactionKind::Tokens => {}
            }
        }
        Ok(Keys { secrets, statements: kinds.contains(&RedactionKind::Sql) })
    }

    /// Whether such items may have statements.
    pub(super) fn asks_for_statements(&self, item: Item) -> bool {
        self.statements && matches!(item, Item::Span | Item::Log)
    }

    #[inline]
    pub(super) fn under<'s>(&self, key: &[u8], system: &'s [u8]) -> Under<'s> {
        if self.statements && matches!(key, b"db.query.text" | b"db.statement") {
            return Under::Statement(system);
        }
        match self.secrets.iter().any(|pattern| pattern.is_match(key)) {
            true => Under::Secret,
            false => Under::Nothing,
        }
    }
}
