//! What is taken out, and what is not.

use super::*;
use crate::settings::shape::RedactionKind::{Credentials, Email, Headers, Sql, Tokens};
use crate::settings::shape::{Redaction, RedactionKind};

fn redactor(kinds: &[RedactionKind]) -> Redactor {
    Redactor::new(&Redaction { kinds: kinds.to_vec(), patterns: Vec::new() }).expect("our own patterns")
}

fn made(kind: RedactionKind, text: &str) -> String {
    let made = redactor(&[kind]).text(Under::Nothing, text.as_bytes());
    made.map_or_else(|| text.to_owned(), |made| String::from_utf8(made).expect("UTF-8"))
}

#[test]
fn credentials() {
    for (text, expected) in [
        ("postgres://ann:pa55@db.example/shop", "postgres://REDACTED:REDACTED@db.example/shop"),
        ("https://ghp_x@github.com/a", "https://REDACTED:REDACTED@github.com/a"),
        ("amqp://u:p@ss@host:5672/v", "amqp://REDACTED:REDACTED@host:5672/v"),
        (
            "mongodb://u:p@a:1,b:2/x and redis://:p@c",
            "mongodb://REDACTED:REDACTED@a:1,b:2/x and redis://REDACTED:REDACTED@c",
        ),
        ("/login?user=ann&password=pa55#top", "/login?user=ann&password=REDACTED"),
        ("https://a/b?api_key=1&x=2&sig=ab%3D", "https://a/b?api_key=REDACTED&x=2&sig=REDACTED"),
        ("https://a/b?code=4711&state=x", "https://a/b?code=REDACTED&state=x"),
        ("X-Amz-Signature=aa&X-Amz-Date=1", "X-Amz-Signature=REDACTED&X-Amz-Date=1"),
        (
            r#"{"user": "ann", "Password": "a b\"c", "n": 1}"#,
            r#"{"user": "ann", "Password": "REDACTED", "n": 1}"#,
        ),
        (r#"{\"password\": \"pa55\", \"n\": 1}"#, r#"{\"password\": \"REDACTED\", \"n\": 1}"#),
        ("{'client_secret': 'a b'}", "{'client_secret': 'REDACTED'}"),
        ("db_password = pa55;host=x", "db_password = REDACTED;host=x"),
        ("access-token: abc.def", "access-token: REDACTED"),
        ("ERROR wrong password: pa55", "ERROR wrong password: REDACTED"),
        ("refresh_token=a refresh=b", "refresh_token=REDACTED refresh=b"),
    ] {
        assert_eq!(made(Credentials, text), expected, "{text}");
    }
    for text in [
        "https://shop.example/orders/7?page=2",
        "https://shop.example/@ann",
        "write to ann@example.com about http://x",
        "the password is wrong",
        "max_tokens=100",
        "tokens: 12",
        "monkey=banana",
        "secretary=ann",
        "key=value",
        "code=5",
    ] {
        assert_eq!(made(Credentials, text), text);
    }
}

#[test]
fn headers() {
    for (text, expected) in [
        ("Authorization: Bearer abc.def", "Authorization: REDACTED"),
        ("GET / HTTP/1.1\r\ncookie: a=1; b=2\r\nhost: x", "GET / HTTP/1.1\r\ncookie: REDACTED\r\nhost: x"),
        (
            r#"{"Proxy-Authorization": "Basic YTpi", "a": 1}"#,
            r#"{"Proxy-Authorization": "REDACTED", "a": 1}"#,
        ),
        ("x-api-key=123", "x-api-key=REDACTED"),
        ("Set-Cookie: sid=1; HttpOnly", "Set-Cookie: REDACTED"),
    ] {
        assert_eq!(made(Headers, text), expected, "{text}");
    }
    for text in ["accept: text/html", "authorization failed", "cookies are good", "content-type: json"] {
        assert_eq!(made(Headers, text), text);
    }
}

#[test]
fn addresses() {
    for (text, expected) in [
        ("ann.o'hara+shop@mail.example.com", "REDACTED"),
        ("from <bob@example.org>, to", "from <REDACTED>, to"),
        ("/users/ann%40example.com/orders", "/users/REDACTED/orders"),
        ("jürgen@bücher.example", "REDACTED"),
        ("mailto:a@b.co?subject=x", "mailto:REDACTED?subject=x"),
    ] {
        assert_eq!(made(Email, text), expected, "{text}");
    }
    for text in ["@app.get('/x')", "a@b", "user@localhost", "npm:@scope/name@1.2.3", "4 @ 5.00 EUR"] {
        assert_eq!(made(Email, text), text);
    }
}

#[test]
fn tokens() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let sentence = format!("token {jwt} was refused");
    // Not one of them is a key of anybody. Split, so that nobody takes them for leaked ones.
    let keys = [
        ["AKIA", "IOSFODNN7EXAMPLE"],
        ["ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"],
        ["github_pat_", "11ABCDEFG0abcdefghijkl_mnop"],
        ["glpat-", "abcdefghijklmnopqrst"],
        ["xoxb-", "123456789012-abcdefghij"],
        ["sk_live_", "abcdefghijklmnop1234"],
        ["AIza", "SyA1234567890abcdefghijklmnopqrstuv"],
        ["sk-", "proj-abcdefghijklmnopqrstuvwx"],
        ["npm_", "abcdefghijklmnopqrstuvwxyz0123456789"],
        ["hf_", "abcdefghijklmnopqrstuvwxyzABCDEFGH"],
    ]
    .map(|parts| parts.concat());
    for key in &keys {
        assert_eq!(made(Tokens, &format!("key {key}, and")), "key REDACTED, and", "{key}");
    }
    for (text, expected) in [
        (jwt, "REDACTED"),
        (sentence.as_str(), "token REDACTED was refused"),
        ("Bearer 0123456789abcdef", "Bearer REDACTED"),
        ("authorization=basic YTpiY2Q=", "authorization=basic REDACTED"),
        ("Basic dXNlcjpwYXNz", "Basic REDACTED"),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc+/==;EndpointSuffix=core",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=REDACTED;EndpointSuffix=core",
        ),
        (
            "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=abc=",
            "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=REDACTED",
        ),
        ("Server=tcp:db;User ID=u;Password=pa55;", "Server=tcp:db;User ID=u;Password=REDACTED;"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "REDACTED x"),
    ] {
        assert_eq!(made(Tokens, text), expected, "{text}");
    }
    for text in [
        "bearer of bad news",
        "basic authentication",
        "a token was refused",
        "eyJ is how they begin",
        "sk-short",
        "-----BEGIN CERTIFICATE-----",
        "0af7651916cd43dd8448eb211c80319c",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ] {
        assert_eq!(made(Tokens, text), text);
    }
}

#[test]
fn statements() {
    let redactor = redactor(&[Sql]);
    for (system, text, expected) in [
        (
            "postgresql",
            "SELECT * FROM u WHERE mail = 'a@b' AND n = 5",
            "SELECT * FROM u WHERE mail = ? AND n = ?",
        ),
        ("mysql", r#"SELECT "x" FROM t"#, "SELECT ? FROM t"),
        ("redis", "SET session:1 secret", "SET ? ?"),
        ("redis", "PING", "PING"),
        ("", "INSERT INTO t VALUES ('s3cret')", "INSERT INTO t VALUES (?)"),
    ] {
        let made = redactor.text(Under::Statement(system.as_bytes()), text.as_bytes());
        let made = made.map_or_else(|| text.to_owned(), |made| String::from_utf8(made).expect("UTF-8"));
        assert_eq!(made, expected, "{system}: {text}");
    }
    let made =
        redactor.text(Under::Statement(b"mongodb"), br#"{"find": "users", "filter": {"name": "s3cret"}}"#);
    assert!(!String::from_utf8_lossy(&made.expect("it changes")).contains("s3cret"));
    assert_eq!(made_by(&redactor, "db.query.parameter.0"), Under::Secret);
}

fn made_by(redactor: &Redactor, key: &str) -> Under<'static> {
    redactor.keys.under(key.as_bytes(), &[])
}

#[test]
fn keys_that_say_it_all() {
    for (kind, keys) in [
        (
            Credentials,
            &[
                "password",
                "db.password",
                "user.api_key",
                "ACCESS_TOKEN",
                "token",
                "aws.secret",
                "client-secret",
                "x.credentials",
            ][..],
        ),
        (
            Headers,
            &[
                "http.request.header.authorization",
                "http.request.header.x-api-key",
                "http.request.header.x_api_key",
                "http.response.header.set-cookie",
                "http.request.header.ocp-apim-subscription-key",
            ][..],
        ),
    ] {
        for key in keys {
            assert_eq!(made_by(&redactor(&[kind]), key), Under::Secret, "{key}");
        }
    }
    let all = redactor(&RedactionKind::ALL);
    for key in [
        "gen_ai.usage.output_tokens",
        "token.count",
        "http.request.header.accept",
        "http.route",
        "messaging.kafka.message.key",
        "secretary",
        "keyboard",
        "http.request.header.user-agent",
    ] {
        assert_eq!(made_by(&all, key), Under::Nothing, "{key}");
    }
}

#[test]
fn twice_is_as_good_as_once() {
    let all = redactor(&RedactionKind::ALL);
    for text in [
        "postgres://a:b@c",
        "password=x",
        "Authorization: Bearer 0123456789abcdef",
        "a@b.example",
        "Basic dXNlcjpwYXNz",
    ] {
        let once = all.text(Under::Nothing, text.as_bytes()).expect(text);
        assert_eq!(all.text(Under::Nothing, &once), None, "{}", String::from_utf8_lossy(&once));
    }
}
