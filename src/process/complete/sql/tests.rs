use super::*;

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
fn long_statements_are_cut_and_not_leaked() {
    let sql = format!("INSERT INTO t VALUES ('{}secret')", "x".repeat(LONGEST));
    assert_eq!(read("", &sql)[0], "INSERT INTO t VALUES (?...");
    let many = format!("SELECT {}", "a,".repeat(LONGEST));
    let text = &read("", &many)[0];
    assert!(text.len() <= LONGEST + 3 && text.ends_with("..."));
}

/// Bytes that would make a careless reader walk the same way again and again.
#[test]
fn the_time_is_linear() {
    for part in [
        "$a$b",
        "%(",
        "/*",
        "'",
        "$",
        "(",
        "IN(1,",
        "e'",
        "a.",
        "--",
        "VALUES(1),(",
        "[",
        "\"\"",
        "::",
        "1e-",
    ] {
        for system in ["", "mysql", "postgresql", "mssql"] {
            let sql = part.repeat(LONGEST / part.len());
            let begin = std::time::Instant::now();
            read(system, &sql);
            assert!(begin.elapsed().as_millis() < 500, "{part} {system}: {:?}", begin.elapsed());
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
        for system in ["", "mysql", "postgresql", "mssql", "sqlite"] {
            let [text, summary, ..] = read(system, &sql);
            assert!(text.len() <= sql.len() + 1 && summary.len() <= 255, "{sql:?} {text:?}");
            // But in a name that has quotes of its own.
            if !sql.contains(['"', '`', '[']) {
                assert!(!text.contains('\''), "{system} {sql:?}: {text:?}");
            }
        }
        let bytes: Vec<u8> = (0..next(40)).map(|_| next(256) as u8).collect();
        Statement::default().read(&bytes, Dialect::default());
    }
}
