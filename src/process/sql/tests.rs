use super::token::steps;
use super::*;

const SYSTEMS: [&str; 6] = ["", "mysql", "postgresql", "mssql", "sqlite", "oracle.db"];

fn read(system: &str, sql: &str) -> [String; 5] {
    let mut statement = Statement::default();
    statement.read(sql.as_bytes(), Dialect::of(system.as_bytes()));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 stays UTF-8");
    let Statement { text: sql, summary, operation, collection, procedure } = statement;
    [text(sql), text(summary), text(operation), text(collection), text(procedure)]
}

#[test]
fn literals_are_hidden() {
    for (system, sql, expected) in [
        (
            "",
            "SELECT 'it''s', 1, -2.5e-3, 0xFF, .5, N'x', x'00' FROM t1",
            "SELECT ?, ?, -?, ?, ?, ?, ? FROM t1",
        ),
        ("", "select a from t where b='x'and c=1or d=$1", "select a from t where b=?and c=? d=$1"),
        (
            "",
            "SELECT ?, ?1, :name, @p1, @@v, $12, %s, %(key)s",
            "SELECT ?, ?1, :name, @p1, @@v, $12, %s, %(key)s",
        ),
        ("", "SELECT a % 2, b::text, 'x'::int", "SELECT a % ?, b::text, ?::int"),
        ("", "SELECT 1 -- it's\n , 2 /* 'x */ + 3", "SELECT ? , ? + ?"),
        ("", "/* traceparent='00-x' */  SELECT\n\t1 ;  ", "SELECT ? ;"),
        ("postgresql", "SELECT $$it's$$, $a$ $$ $b$ $a$, E'\\'x', '\\'", "SELECT ?, ?, ?, ?"),
        ("postgresql", "SELECT /* a /* b */ 'c' */ 1", "SELECT ?"),
        ("postgresql", r#"SELECT "Name" FROM "Users""#, r#"SELECT "Name" FROM "Users""#),
        ("mysql", r#"SELECT "it""s", "\"x", 'a\'b', `n` # '"#, "SELECT ?, ?, ?, `n`"),
        ("mysql", "SELECT 1--1", "SELECT ?--?"),
        ("mssql", "SELECT [a 'b], $1.50 FROM [x]", "SELECT [a 'b], ? FROM [x]"),
        (
            "sqlite",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c') RETURNING id",
            "INSERT INTO t VALUES (?, ?) RETURNING id",
        ),
        (
            "",
            "SELECT * FROM t WHERE a IN (1, 2, 3) AND b in ('x') AND c IN ($1, $2)",
            "SELECT * FROM t WHERE a IN (?) AND b in (?) AND c IN (?)",
        ),
        (
            "",
            "a IN (SELECT b FROM c) AND (d, e) IN ((1, 2), (3, 4)) AND f IN ()",
            "a IN (SELECT b FROM c) AND (d, e) IN (?) AND f IN ()",
        ),
        ("", "a = VALUES(b), c = VALUES(d)", "a = VALUES(b), c = VALUES(d)"),
        ("", "SELECT 'unclosed", "SELECT ?"),
        ("", "SELECT /* unclosed 'x'", "SELECT"),
        ("", "SELECT $tag$ unclosed", "SELECT ?"),
        ("", "SELECT é, 'é' FROM naïve", "SELECT é, ? FROM naïve"),
        ("", "", ""),
        // In SQLite, a name that nobody knows is a string.
        (
            "sqlite",
            r#"SELECT "u"."id", "x" FROM "users" AS "u" JOIN "b" ON "b"."id" = "u"."id" WHERE name = "Ann""#,
            r#"SELECT "u"."id", ? FROM "users" AS ? JOIN "b" ON "b"."id" = "u"."id" WHERE name = ?"#,
        ),
        ("sqlite", r#"PRAGMA key = "secret"; PRAGMA key = secret"#, "PRAGMA key = ?; PRAGMA key = ?"),
        ("sqlite", r#"ATTACH "secret.db" AS x"#, "ATTACH ? AS x"),
        // Where nobody knows what a backslash means, the rest may be text.
        ("", r"SELECT 'it\'s', 1 FROM t", "SELECT ?"),
        ("", r"SELECT 'a\\', b FROM t", "SELECT ?, b FROM t"),
        ("", r#"SELECT "it\"s secret" FROM t"#, "SELECT ?"),
        ("", r#"SELECT "secret" FROM t # it's"#, "SELECT ? FROM t"),
        ("", "SELECT q'[it's]', q'!it's!', Q'(it's)', nq'<it's>', q'xit'sx', 1", "SELECT ?, ?, ?, ?, ?, ?"),
        ("oracle.db", "SELECT q'[unclosed] FROM t", "SELECT ?"),
        ("oracle.db", "SELECT q'' FROM t", "SELECT ?"),
        (
            "oracle.db",
            "CREATE USER ann IDENTIFIED BY secret; SELECT a",
            "CREATE USER ann IDENTIFIED ? ?; SELECT a",
        ),
        ("mysql", "CREATE USER ann IDENTIFIED WITH x BY 'secret'", "CREATE USER ann IDENTIFIED ? ? ? ?"),
        ("postgresql", "SET app.token TO secret", "SET app.token TO ?"),
        ("postgresql", "SET app.token = secret", "SET app.token = ?"),
        ("postgresql", "UPDATE t SET a = b", "UPDATE t SET a = b"),
        (
            "postgresql",
            r"SELECT a->'b'->>'c' @> 'd' #> '{e}' ? 'f', U&'\0041', B'01', X'ff', ARRAY['g']",
            "SELECT a->?->>? @> ? #> ? ? ?, U&?, ?, ?, ARRAY[?]",
        ),
        (
            "mysql",
            r"SELECT _utf8'a', N'b', 0x41, 0b01, x'41', 'a\'b', 'a\\', 1e5",
            "SELECT _utf8?, ?, ?, ?, ?, ?, ?, ?",
        ),
        ("mysql", "/*!40000 SELECT 'secret' */ SELECT 1 -- secret", "SELECT ?"),
        ("mssql", "EXEC p @a = 'x', @b = 5; DROP TABLE #t", "EXEC p @a = ?, @b = ?; DROP TABLE #t"),
    ] {
        assert_eq!(read(system, sql)[0], expected, "{sql}");
    }
}

#[test]
fn summaries() {
    for (sql, summary, operation, collection) in [
        ("SELECT * FROM wuser_table WHERE id = 1", "SELECT wuser_table", "SELECT", "wuser_table"),
        ("select a, b from s.t as x", "select s.t", "select", "s.t"),
        ("SELECT * FROM songs s, artists AS a WHERE 1", "SELECT songs artists", "SELECT", ""),
        ("SELECT * FROM a LEFT JOIN b ON a.x = b.x, c", "SELECT a b", "SELECT", ""),
        ("SELECT * FROM (SELECT * FROM orders) o, t", "SELECT SELECT orders t", "", ""),
        (r#"SELECT "t" FROM "song list", [x]"#, r#"SELECT "song list""#, "SELECT", r#""song list""#),
        ("SELECT EXTRACT(YEAR FROM d), f(1) FROM t", "SELECT t", "SELECT", "t"),
        ("SELECT a FROM t WHERE b IS DISTINCT FROM c", "SELECT t", "SELECT", "t"),
        ("SELECT 1", "SELECT", "SELECT", ""),
        ("SELECT * FROM t FOR UPDATE", "SELECT t", "SELECT", "t"),
        (
            "INSERT INTO shipping (a) SELECT b FROM orders WHERE c = 1",
            "INSERT shipping SELECT orders",
            "",
            "",
        ),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "INSERT t", "INSERT", "t"),
        ("INSERT OR REPLACE INTO t VALUES (1)", "INSERT t", "INSERT", "t"),
        ("INSERT t SET a = 1 ON DUPLICATE KEY UPDATE a = 2", "INSERT t", "INSERT", "t"),
        ("UPDATE ONLY t SET a = 1 FROM b", "UPDATE t b", "UPDATE", ""),
        ("DELETE FROM t WHERE a = 1", "DELETE t", "DELETE", "t"),
        ("MERGE INTO a USING b ON 1 WHEN MATCHED THEN DELETE", "MERGE a b DELETE", "", ""),
        ("WITH x AS (SELECT * FROM a) SELECT * FROM x", "SELECT a SELECT x", "", ""),
        (
            "CREATE TABLE IF NOT EXISTS t (a int REFERENCES b ON DELETE CASCADE)",
            "CREATE TABLE t",
            "CREATE TABLE",
            "t",
        ),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t USING btree (a)", "CREATE INDEX i", "CREATE INDEX", ""),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT * FROM t $$",
            "CREATE FUNCTION f",
            "CREATE FUNCTION",
            "",
        ),
        ("DROP TABLE t", "DROP TABLE t", "DROP TABLE", "t"),
        ("TRUNCATE TABLE t", "TRUNCATE t", "TRUNCATE", "t"),
        ("COPY t (a, b) FROM STDIN", "COPY t", "COPY", "t"),
        ("COPY (SELECT * FROM t) TO STDOUT", "COPY SELECT t", "", ""),
        ("EXPLAIN SELECT * FROM t", "EXPLAIN SELECT t", "EXPLAIN SELECT", "t"),
        ("BEGIN TRANSACTION", "BEGIN", "BEGIN", ""),
        ("SET search_path TO a", "SET", "SET", ""),
        ("PRAGMA table_info(t)", "PRAGMA", "PRAGMA", ""),
        ("SELECT * FROM a; DELETE FROM b;", "SELECT a; DELETE b", "", ""),
        ("(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", "SELECT a SELECT b", "", ""),
        ("hello FROM world", "", "", ""),
        ("'x' SELECT", "SELECT", "SELECT", ""),
        ("; ; SELECT 1", "SELECT", "SELECT", ""),
    ] {
        let seen = read("", sql);
        assert_eq!([&*seen[1], &*seen[2], &*seen[3]], [summary, operation, collection], "{sql}");
    }
    let called = read("", "CALL shop.refill(1, 2)");
    assert_eq!(
        [&*called[1], &*called[2], &*called[3], &*called[4]],
        ["CALL shop.refill", "CALL", "", "shop.refill"]
    );
}

#[test]
fn a_summary_is_bounded_and_cuts_nothing() {
    let tables: Vec<String> = (0..1000).map(|n| format!("table_{n:04}")).collect();
    let [_, summary, ..] = read("", &format!("SELECT * FROM {}", tables.join(", ")));
    assert!(summary.len() <= 255 && summary.len() > 240 && summary.ends_with(|c: char| c.is_ascii_digit()));
    let [_, summary, _, collection, _] = read("", &format!("SELECT * FROM {}", "t".repeat(10_000)));
    assert_eq!([&*summary, &*collection], ["SELECT", ""]);
}

#[test]
fn a_character_is_not_cut_in_two() {
    for before in 0..4 {
        let sql = format!("SELECT {}{}", " ".repeat(before), "é".repeat(LONGEST));
        // It reads UTF-8.
        assert!(read("", &sql)[0].ends_with("é..."));
    }
}

#[test]
fn long_statements_are_cut_and_not_leaked() {
    let sql = format!("INSERT INTO t VALUES ('{}secret')", "x".repeat(LONGEST));
    assert_eq!(read("", &sql)[0], "INSERT INTO t VALUES (?...");
    let many = format!("SELECT {}", "a,".repeat(LONGEST));
    let text = &read("", &many)[0];
    assert!(text.len() <= LONGEST + 3 && text.ends_with("..."));
}

/// Bytes that would make a careless reader walk the same way again and again.
#[test]
fn the_work_grows_as_the_statement_does() {
    for part in [
        "$a$b",
        "$a$$b",
        "$a",
        "%(",
        "%(a",
        "/*",
        "/*/",
        "'",
        "''",
        "'\\",
        "$",
        "(",
        ")",
        "((((",
        "IN(1,",
        "e'",
        "q'[",
        "nq'",
        "q'a",
        "a.",
        "--",
        "-- ",
        "#",
        "VALUES(1),(",
        "[",
        "]]",
        "\"\"",
        "\"",
        "`",
        "::",
        ":a",
        "@",
        "1e-",
        "0x",
        "\u{0}",
        "é",
        "SELECT a FROM b,",
        "IDENTIFIED BY ",
        "SET a=",
        ";",
    ] {
        for system in SYSTEMS {
            let steps = |length: usize| {
                steps::take();
                read(system, &part.repeat(length / part.len()));
                steps::take() as f64 / length as f64
            };
            let (short, long) = (steps(LONGEST / 64), steps(LONGEST / 4));
            assert!(long < 16.0 && long < short * 1.5 + 1.0, "{part:?} {system}: {short} {long} a byte");
        }
    }
}

/// What stands in quotes never gets through, whatever stands around it.
#[test]
fn any_bytes_are_read() {
    let parts = [
        "'", "''", "\"", "`", "$", "$$", "$a$", "/*", "*/", "--", "\n", "#", "\\", "(", ")", "[", "]", ",",
        ";", ":", "::", "@", "%(", "%s", "?", "1e", "-", ".", " ", "\u{0}", "é", "IN", "VALUES", "SELECT",
        "FROM", "t", "E'", "N'",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for _ in 0..4_000 {
        let sql: String = (0..next(12)).map(|_| parts[next(parts.len())]).collect();
        for system in SYSTEMS {
            let [text, summary, ..] = read(system, &sql);
            assert!(text.len() <= sql.len() + 1 && summary.len() <= 255, "{sql:?} {text:?}");
            // But in a name that has quotes of its own.
            if !sql.contains(['"', '`', '[']) {
                assert!(!text.contains('\''), "{system} {sql:?}: {text:?}");
            }
        }
        let bytes: Vec<u8> = (0..next(40)).map(|_| next(256) as u8).collect();
        for system in SYSTEMS {
            Statement::default().read(&bytes, Dialect::of(system.as_bytes()));
        }
    }
}

/// Statements as they can be, with a secret in every literal and every comment, in each dialect.
#[test]
fn no_literal_of_a_statement_gets_through() {
    const SECRET: &str = "hunter2";
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let noise = [
        "'", "\"", "\\", "--", "/*", "*/", "$$", "$", "#", "`", "[", "]", "(", "\n", " ", "é", ";", "?",
        "q'", ":x", "%s",
    ];
    let words = [
        "SELECT",
        "FROM",
        "t",
        "u.v",
        "WHERE",
        "a",
        "=",
        "(",
        ")",
        ",",
        "IN (",
        "VALUES (",
        ";",
        "INSERT INTO t",
        "UPDATE",
        "SET",
        "JOIN",
        "1",
        "?",
        "$1",
        "::",
        "PRAGMA",
        "IDENTIFIED BY",
        "CALL p",
        "WITH x AS (",
        "->>",
        "||",
        "NULL",
    ];
    for round in 0..6_000 {
        let system = SYSTEMS[round % SYSTEMS.len()];
        let mut sql = String::new();
        for _ in 0..next(14) {
            let mut inner: String = (0..next(5)).map(|_| noise[next(noise.len())]).collect();
            inner.insert_str(0, SECRET);
            if next(2) == 0 {
                inner.push_str(SECRET);
            }
            let doubled = inner.replace('\'', "''");
            let escaped = inner.replace('\\', r"\\").replace('\'', r"\'").replace('"', "\\\"");
            let plain = format!("{SECRET} it is");
            let literal = match (system, next(4)) {
                ("mysql", 0) => format!("'{}'", doubled.replace('\\', r"\\")),
                ("mysql", 1) => format!("'{escaped}'"),
                ("mysql", _) => format!("\"{escaped}\""),
                ("postgresql", 0) => format!("E'{escaped}'"),
                ("postgresql", 1) => format!("$hunter$ {inner} $hunter$"),
                ("mssql", 0) => format!("N'{doubled}'"),
                ("sqlite", 0) => format!("= \"{}\"", inner.replace('"', "\"\"")),
                ("oracle.db" | "", 0) if !inner.contains("]'") => format!("q'[{inner}]'"),
                ("", 1) => format!("= \"{plain}\""),
                ("", 2) => format!("'{escaped}'"),
                _ => format!("'{doubled}'"),
            };
            let comment = format!("/* {plain} */ -- {}\n", inner.replace('\n', ""));
            sql.push_str(&match next(3) {
                0 => format!("{} ", words[next(words.len())]),
                1 => format!(" {literal} "),
                _ => format!(" {comment} "),
            });
        }
        let seen = read(system, &sql);
        assert!(seen.iter().all(|text| !text.contains(SECRET)), "{system}: {sql}\n{seen:?}");
        assert!(seen[0].len() <= sql.len() + MORE.len());
    }
}
