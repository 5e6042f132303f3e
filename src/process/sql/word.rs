//! The keywords of SQL that matter.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// No keyword, or one that does not matter.
    Name,
    /// Operations: those that are told apart, then those whose object follows with its kind
    /// (`CREATE TABLE t`), those whose object follows (`TRUNCATE t`), and those that stand alone.
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    Replace,
    Call,
    Define,
    Act,
    Alone,
    /// They say something about the operation that follows.
    About,
    With,
    From,
    Join,
    Into,
    Using,
    Table,
    /// What a routine is: what follows its name is its text.
    Routine,
    /// They stand between an operation and its object.
    Between,
    /// After these, `UPDATE` and `DELETE` are no operations.
    For,
    On,
    Distinct,
    In,
    Values,
    /// They end a list of tables.
    Clause,
    As,
    /// What follows is a password, in quotes or not.
    Identified,
}

/// The longest of them.
const LONGEST: usize = 12;

#[inline]
pub(super) fn word(text: &[u8]) -> Word {
    let mut upper = [0; LONGEST];
    let Some(upper) = upper.get_mut(..text.len()) else { return Word::Name };
    for (upper, byte) in upper.iter_mut().zip(text) {
        *upper = byte.to_ascii_uppercase();
    }
    let text: &[u8] = upper;
    match text.len() {
        2 => match text {
            b"IN" => Word::In,
            b"ON" => Word::On,
            b"AS" => Word::As,
            b"DO" => Word::For,
            b"IF" | b"OR" => Word::Between,
            _ => Word::Name,
        },
        3 => match text {
            b"SET" => Word::Clause,
            b"FOR" | b"KEY" => Word::For,
            b"NOT" => Word::Between,
            b"USE" => Word::Alone,
            _ => Word::Name,
        },
        4 => match text {
            b"FROM" => Word::From,
            b"JOIN" => Word::Join,
            b"INTO" => Word::Into,
            b"WITH" => Word::With,
            b"CALL" | b"EXEC" => Word::Call,
            b"DROP" => Word::Define,
            b"LOCK" | b"COPY" => Word::Act,
            b"SHOW" => Word::Alone,
            b"ONLY" | b"TEMP" | b"FAIL" => Word::Between,
            b"KILL" => Word::Alone,
            _ => Word::Name,
        },
        5 => match text {
            b"TABLE" => Word::Table,
            b"WHERE" | b"GROUP" | b"ORDER" | b"LIMIT" | b"UNION" | b"FETCH" => Word::Clause,
            b"USING" => Word::Using,
            b"MERGE" => Word::Merge,
            b"ALTER" => Word::Define,
            b"BEGIN" | b"START" | b"GRANT" => Word::Alone,
            b"LOCAL" | b"ABORT" => Word::Between,
            _ => Word::Name,
        },
        6 => match text {
            b"SELECT" => Word::Select,
            b"INSERT" => Word::Insert,
            b"UPDATE" => Word::Update,
            b"DELETE" => Word::Delete,
            b"VALUES" => Word::Values,
            b"CREATE" => Word::Define,
            b"HAVING" | b"OFFSET" | b"WINDOW" | b"EXCEPT" => Word::Clause,
            b"COMMIT" | b"REVOKE" | b"PRAGMA" | b"VACUUM" | b"LISTEN" | b"NOTIFY" | b"ATTACH" | b"DETACH"
            | b"UNLOCK" => Word::Alone,
            b"UNIQUE" | b"GLOBAL" | b"EXISTS" | b"IGNORE" => Word::Between,
            _ => Word::Name,
        },
        7 => match text {
            b"REPLACE" => Word::Replace,
            b"EXECUTE" => Word::Call,
            b"EXPLAIN" | b"ANALYZE" => Word::About,
            b"DECLARE" | b"RELEASE" | b"REINDEX" | b"DISCARD" => Word::Alone,
            b"LATERAL" | b"DELAYED" | b"VIRTUAL" => Word::Between,
            b"TRIGGER" => Word::Routine,
            _ => Word::Name,
        },
        8 => match text {
            b"TRUNCATE" => Word::Act,
            b"DESCRIBE" => Word::About,
            b"DISTINCT" => Word::Distinct,
            b"ROLLBACK" => Word::Alone,
            b"UNLOGGED" => Word::Between,
            b"FUNCTION" => Word::Routine,
            _ => Word::Name,
        },
        9 => match text {
            b"SAVEPOINT" => Word::Alone,
            b"RETURNING" | b"INTERSECT" => Word::Clause,
            b"TEMPORARY" | b"RECURSIVE" => Word::Between,
            b"PROCEDURE" => Word::Routine,
            _ => Word::Name,
        },
        10 if text == b"IDENTIFIED" => Word::Identified,
        12 => match text {
            b"CONCURRENTLY" | b"LOW_PRIORITY" | b"MATERIALIZED" => Word::Between,
            _ => Word::Name,
        },
        _ => Word::Name,
    }
}
