//! What secrets look like in a text.

use crate::settings::shape::RedactionKind;

/// Patterns of a kind, each with what takes its place.
pub(super) fn of(kind: RedactionKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        RedactionKind::Credentials => CREDENTIALS,
        RedactionKind::Headers => HEADERS,
        // By their keys alone: nobody can tell SQL from prose.
        RedactionKind::Sql => &[],
        RedactionKind::Email => EMAIL,
        RedactionKind::Tokens => TOKENS,
    }
}

/// Names whose values are secret, wherever they stand in a longer one; `max_tokens` is none.
macro_rules! name {
    () => {
        r"[A-Za-z0-9_.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|subscription[_-]?key|accesskeyid|signature|credential)"
    };
}

static CREDENTIALS: &[(&str, &str)] = &[
    // User and password of a URL, up to the last "@" before its path.
    (r#"([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s"'<>]+@"#, "${1}REDACTED:REDACTED@"),
    // name="value" and "name": "value", with quotes that may be escaped.
    (concat!(r#"(?i)("#, name!(), r#"\\?["']?\s*[=:]\s*")(?:[^"\\]|\\.)*"#), "${1}REDACTED"),
    (concat!(r#"(?i)("#, name!(), r#"\\?["']?\s*[=:]\s*\\")[^"\\]*"#), "${1}REDACTED"),
    (concat!(r#"(?i)("#, name!(), r#"\\?["']?\s*[=:]\s*')[^']*"#), "${1}REDACTED"),
    // name=value, in queries, forms, connection strings and prose.
    (concat!(r#"(?i)("#, name!(), r#"\s*[=:]\s*)[^\s&;,"'\\(){}<>\[\]]+"#), "${1}REDACTED"),
    // Parameters that are secret only in queries.
    (
        r#"(?i)([?&](?:sig|key|auth|code|x-amz-credential|sessionid|session_id|sid|jwt|nonce)=)[^\s&#"'<>]+"#,
        "${1}REDACTED",
    ),
];

static HEADERS: &[(&str, &str)] = &[(
    r#"(?im)(?-u:\b)((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api-key|x-auth-token|x-csrf-token|x-functions-key|ocp-apim-subscription-key)(\\?["']?\s*[:=]\s*\\?["']?)[^\r\n"'\\]+"#,
    "${1}${2}REDACTED",
)];

static EMAIL: &[(&str, &str)] =
    &[(r"[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_+](?:@|%40)(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}", "REDACTED")];

static TOKENS: &[(&str, &str)] = &[
    (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)", "REDACTED"),
    // JSON Web Tokens: both parts are JSON objects, or the second is encrypted.
    (r"(?-u:\b)eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3}", "REDACTED"),
    // Schemes of Authorization. What follows has something that is no letter, else it is prose.
    (r"(?i)(?-u:\b)(bearer|negotiate|token)(\s+)[a-z]*[0-9._~+/=-][a-z0-9._~+/=-]{6,}", "${1}${2}REDACTED"),
    (r"(?i)(?-u:\b)(basic)(\s+)[a-z]*[0-9+/=][a-z0-9+/=]{2,}", "${1}${2}REDACTED"),
    (r"(?-u:\b)((?i:basic))(\s+)[A-Za-z0-9+/]*[a-z][A-Z][A-Za-z0-9+/]*=*", "${1}${2}REDACTED"),
    // Keys with a prefix of their own: Amazon, GitHub, GitLab, Slack, Stripe, Google, OpenAI and those like it, SendGrid,
    // npm, PyPI, Hugging Face, DigitalOcean, Shopify.
    (r"(?-u:\b)(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}(?-u:\b)", "REDACTED"),
    (
        r"(?-u:\b)(?:gh[opsur]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})",
        "REDACTED",
    ),
    (r"(?-u:\b)(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})", "REDACTED"),
    (r"(?-u:\b)(?:[rs]k|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}", "REDACTED"),
    (
        r"(?-u:\b)(?:AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{16,}|sk-[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})",
        "REDACTED",
    ),
    (
        r"(?-u:\b)(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{30,}|dop_v1_[0-9a-f]{60,}|shp(?:at|ss|ca)_[0-9a-fA-F]{32})",
        "REDACTED",
    ),
    // Connection strings.
    (
        r#"(?i)((?:AccountKey|SharedAccessKey|SharedAccessSignature|SharedSecretIssuer|Password|Pwd|Secret)\s*=\s*)[^;\s"'&]+"#,
        "${1}REDACTED",
    ),
];
