//! What a command was found to be.

/// Languages that have, or will have, an injection of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Python,
    Node,
    Java,
    DotNet,
    Ruby,
    Php,
    Deno,
    Bun,
}

impl Language {
    pub(super) const ALL: [Language; 8] = [
        Language::Python,
        Language::Node,
        Language::Java,
        Language::DotNet,
        Language::Ruby,
        Language::Php,
        Language::Deno,
        Language::Bun,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Node => "node",
            Language::Java => "java",
            Language::DotNet => "dotnet",
            Language::Ruby => "ruby",
            Language::Php => "php",
            Language::Deno => "deno",
            Language::Bun => "bun",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a language that we know.
    Program(Language),
    /// Anything else, such as a shell, a wrapper or a compiled server.
    Unknown,
    /// Not a server: started as without us.
    Tool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) why: String,
    /// Options of the interpreter with which Python ignores its environment or its site.
    pub(super) closed: Option<String>,
    /// A shell script that starts Java, as far as one can see.
    pub(super) starts_java: bool,
}

impl Found {
    pub(super) fn new(kind: Kind, why: impl Into<String>) -> Self {
        Found { kind, why: why.into(), closed: None, starts_java: false }
    }

    pub(super) fn language(&self) -> Option<Language> {
        match self.kind {
            Kind::Program(language) => Some(language),
            Kind::Unknown | Kind::Tool => None,
        }
    }
}
