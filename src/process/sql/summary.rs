//! What a statement does, and to what.

use super::Statement;
use super::token::{Piece, Token};
use super::word::Word;

/// Longest summary, in bytes (semantic conventions, `db.query.summary`).
const LONGEST: usize = 255;

/// Follows the pieces of a statement.
pub(super) struct Summary<'a> {
    pub(super) statement: &'a mut Statement,
    state: State,
    /// The keyword before, as far as it matters.
    before: Word,
    /// How many parentheses are open, and in which of them there is an operation (a bit each).
    depth: u32,
    operating: Depths,
    /// In which of them commas stand between tables.
    listing: Depths,
    operations: u32,
    targets: u32,
    /// What follows says how somebody is known to the database.
    identifies: bool,
    /// A setting's value is next.
    sets: bool,
    /// One statement has ended, and another one may come.
    next: bool,
    full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning of a statement.
    Begin,
    Elsewhere,
    /// The kind of an object is to come, and then it.
    Kind,
    /// A table, or something else.
    Target(Target),
    /// In the middle of a target's name.
    Named(Target),
    Dot(Target),
    /// Nothing of the rest is told.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Table,
    Procedure,
    /// What follows its name is its text.
    Routine,
    Other,
}

impl<'a> Summary<'a> {
    pub(super) fn new(statement: &'a mut Statement) -> Summary<'a> {
        Summary {
            statement,
            state: State::Begin,
            before: Word::Name,
            depth: 0,
            operating: Depths(0),
            listing: Depths(0),
            operations: 0,
            targets: 0,
            identifies: false,
            sets: false,
            next: false,
            full: false,
        }
    }

    /// Whether the next piece is a name, if it can be one.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.state, State::Target(_) | State::Dot(_))
    }

    /// Whether a word is the value of a setting or an argument, which needs no quotes there, or a password.
    pub(super) fn is_value(&self, word: Word) -> bool {
        self.identifies || self.sets && word == Word::Name
    }

    #[inline]
    pub(super) fn take(&mut self, piece: &Piece<'_>, word: Word) {
        self.identifies |= word == Word::Identified;
        self.sets = self.state == State::Over && (piece.is(b'=') || piece.text.eq_ignore_ascii_case(b"TO"));
        match (self.state, piece.kind) {
            (_, Token::Symbol) if piece.text == b";" => return self.end(),
            (State::Over, _) => return,
            (State::Named(target), Token::Symbol) if piece.text == b"." => {
                self.state = State::Dot(target);
                return;
            }
            (State::Dot(target), Token::Word | Token::Quoted) => {
                self.add(b".", piece.text);
                self.state = State::Named(target);
                return;
            }
            (State::Named(Target::Routine), _) => {
                self.state = State::Over;
                return;
            }
            (State::Named(_) | State::Dot(_), _) => self.state = State::Elsewhere,
            _ => {}
        }
        match piece.kind {
            Token::Word => {
                self.word(word, piece.text);
                self.before = word;
            }
            Token::Quoted => {
                if let State::Target(target) = self.state {
                    self.target(target, piece.text);
                }
            }
            Token::Symbol => self.symbol(piece),
            Token::Literal | Token::Placeholder => {
                if self.state != State::Begin {
                    self.state = State::Elsewhere;
                }
            }
        }
    }

    pub(super) fn finish(self) {
        if self.operations != 1 {
            self.statement.operation.clear();
        }
        if self.operations != 1 || self.targets != 1 {
            self.statement.collection.clear();
            self.statement.procedure.clear();
        }
    }

    fn end(&mut self) {
        (self.state, self.before) = (State::Begin, Word::Name);
        (self.depth, self.operating, self.listing) = (0, Depths(0), Depths(0));
        (self.identifies, self.sets) = (false, false);
        self.next = self.operations > 0;
    }

    fn word(&mut self, word: Word, text: &[u8]) {
        match (self.state, word) {
            (State::Begin, Word::Between) => self.state = State::Over,
            (State::Begin, Word::With) => self.state = State::Elsewhere,
            (State::Kind, Word::Between | Word::Replace) => {}
            (State::Kind, word) => {
                self.add(b" ", text);
                put(&mut self.statement.operation, b" ", text);
                self.state = State::Target(match word {
                    Word::Table => Target::Table,
                    Word::Routine => Target::Routine,
                    _ => Target::Other,
                });
            }
            (State::Target(_), Word::Between | Word::Into | Word::Table | Word::Replace) => {}
            (State::Target(target), Word::Name | Word::About | Word::Alone | Word::Act) => {
                self.target(target, text);
            }
            (State::Begin | State::Elsewhere | State::Target(_), word) => self.keyword(word, text),
            _ => {}
        }
    }

    fn keyword(&mut self, word: Word, text: &[u8]) {
        let begins = self.state == State::Begin;
        let again = !matches!(self.before, Word::For | Word::On | Word::Between);
        match word {
            Word::Select => self.operation(text, State::Elsewhere),
            Word::Insert | Word::Update | Word::Merge if begins || again => {
                self.operation(text, State::Target(Target::Table));
            }
            Word::Delete if begins || again => self.operation(text, State::Elsewhere),
            Word::Replace if begins => self.operation(text, State::Target(Target::Table)),
            Word::Call if begins => self.operation(text, State::Target(Target::Procedure)),
            Word::Define if begins => {
                self.operation(text, State::Kind);
                // `CREATE INDEX i ON t USING btree`: no tables follow but those of a query.
                self.operating.set(self.depth, false);
            }
            Word::Act if begins => {
                self.operation(text, State::Target(Target::Table));
                // `COPY t FROM STDIN`.
                self.operating.set(self.depth, false);
            }
            // `SET` of a session.
            Word::Alone | Word::Clause if begins => self.operation(text, State::Over),
            Word::About if begins => self.operation(text, State::Begin),
            Word::Values if begins => self.operation(text, State::Elsewhere),
            _ if begins => self.state = State::Over,
            Word::From if self.operating.has(self.depth) && self.before != Word::Distinct => {
                self.listing.set(self.depth, true);
                self.state = State::Target(Target::Table);
            }
            Word::Join | Word::Into | Word::Using if self.operating.has(self.depth) => {
                // `JOIN b USING (c)` names no table; `MERGE INTO a USING b` does.
                self.state = State::Target(Target::Table);
            }
            Word::Clause | Word::On | Word::Values => {
                self.listing.set(self.depth, false);
                self.state = State::Elsewhere;
            }
            _ => self.state = State::Elsewhere,
        }
    }

    fn symbol(&mut self, piece: &Piece<'_>) {
        match piece.text {
            b"(" => {
                self.depth += 1;
                self.operating.set(self.depth, false);
                self.listing.set(self.depth, false);
                if self.state != State::Begin {
                    self.state = State::Elsewhere;
                }
            }
            b")" => {
                self.depth = self.depth.saturating_sub(1);
                self.state = State::Elsewhere;
            }
            b"," if self.listing.has(self.depth) => self.state = State::Target(Target::Table),
            _ if self.state == State::Begin => {}
            _ => self.state = State::Elsewhere,
        }
        self.before = Word::Name;
    }

    fn operation(&mut self, text: &[u8], then: State) {
        self.add(if self.next { b"; " } else { b" " }, text);
        self.next = false;
        put(&mut self.statement.operation, b" ", text);
        // What is about an operation is one with it.
        if self.before != Word::About {
            self.operations += 1;
        }
        self.listing.set(self.depth, false);
        self.operating.set(self.depth, true);
        self.state = then;
    }

    fn target(&mut self, target: Target, text: &[u8]) {
        self.add(b" ", text);
        match target {
            Target::Table => put(&mut self.statement.collection, b"", text),
            Target::Procedure => put(&mut self.statement.procedure, b"", text),
            Target::Routine | Target::Other => {}
        }
        self.targets += 1;
        self.state = State::Named(target);
    }

    /// Adds to the summary. What would be too much ends it, so that nothing is cut in two.
    fn add(&mut self, between: &[u8], text: &[u8]) {
        match self.state {
            State::Dot(Target::Table) => put(&mut self.statement.collection, between, text),
            State::Dot(Target::Procedure) => put(&mut self.statement.procedure, between, text),
            _ => {}
        }
        self.full |= self.statement.summary.len() + between.len() + text.len() > LONGEST;
        if !self.full {
            put(&mut self.statement.summary, between, text);
        }
    }
}

/// A property of each depth, a bit each. Deeper ones have none.
#[derive(Clone, Copy)]
struct Depths(u64);

impl Depths {
    fn has(self, depth: u32) -> bool {
        depth < u64::BITS && self.0 & 1 << depth != 0
    }

    fn set(&mut self, depth: u32, is: bool) {
        if depth < u64::BITS {
            self.0 = self.0 & !(1 << depth) | u64::from(is) << depth;
        }
    }
}

/// Names that are too long are none.
fn put(out: &mut Vec<u8>, between: &[u8], text: &[u8]) {
    if out.len() + between.len() + text.len() > LONGEST {
        return;
    }
    if !out.is_empty() {
        out.extend_from_slice(between);
    }
    out.extend_from_slice(text);
}
