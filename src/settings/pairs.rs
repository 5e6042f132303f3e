//! Lists of `name=value` divided by commas, as in `OTEL_EXPORTER_OTLP_HEADERS` and
//! `OTEL_RESOURCE_ATTRIBUTES`: W3C Baggage without metadata, percent-encoded.

/// What a list says, and what is wrong with the rest of it. A bad pair costs nobody else.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    pub(super) good: Vec<(String, String)>,
    /// The place of each bad pair, from 1, and why. Never its text, which may be a secret.
    pub(super) bad: Vec<(usize, &'static str)>,
}

/// Pairs of one list that are read; no real list has as many.
const MOST: usize = 1024;

/// Why a pair cannot be used, if so.
type Check = fn(&str, &str) -> Result<(), &'static str>;

/// Reads a list. Of a name that comes twice the last value holds.
pub(super) fn parse(list: &str) -> Pairs {
    parse_checked(list, |_, _| Ok(()))
}

/// Reads a list of HTTP headers: names in lower case, and only what can be sent.
pub(super) fn parse_headers(list: &str) -> Pairs {
    let mut pairs = parse_checked(list, |name, value| {
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err("has a name that no header can have");
        }
        http::HeaderValue::from_str(value).map(drop).map_err(|_| "has a value that no header can have")
    });
    let read = std::mem::take(&mut pairs.good);
    for (name, value) in read {
        insert(&mut pairs.good, name.to_ascii_lowercase(), value);
    }
    pairs
}

fn parse_checked(list: &str, check: Check) -> Pairs {
    let mut pairs = Pairs::default();
    for (place, pair) in list.split(',').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty()) {
        if place >= MOST {
            pairs.bad.push((place + 1, "and all behind it are beyond the 1024 that are read"));
            break;
        }
        match parse_pair(pair).and_then(|(name, value)| check(&name, &value).map(|()| (name, value))) {
            Ok((name, value)) => insert(&mut pairs.good, name, value),
            Err(why) => pairs.bad.push((place + 1, why)),
        }
    }
    pairs
}

fn insert(pairs: &mut Vec<(String, String)>, name: String, value: String) {
    match pairs.iter_mut().find(|(n, _)| *n == name) {
        Some(pair) => pair.1 = value,
        None => pairs.push((name, value)),
    }
}

fn parse_pair(pair: &str) -> Result<(String, String), &'static str> {
    // At the first one: a value may hold more of them (base64).
    let (name, value) = pair.split_once('=').ok_or("has no \"=\"")?;
    let name = decode(name.trim())?;
    if name.is_empty() {
        return Err("has no name");
    }
    Ok((name, decode(value.trim())?))
}

fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err("has a \"%\" without two hexadecimal digits (write %25 for a percent sign)"),
            },
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 after percent-decoding")
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_pairs() {
        let pairs = parse(" a = 1 ,, key%2C=va%20lue ,basic=dXNlcjpwYXNz==,a=2,empty=,");
        let good: Vec<_> = pairs.good.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(good, [("a", "2"), ("key,", "va lue"), ("basic", "dXNlcjpwYXNz=="), ("empty", "")]);
        assert_eq!(pairs.bad, []);
    }

    #[test]
    fn a_list_without_end() {
        let list: String = (0..20_000).map(|n| format!("k{n}=v,")).collect();
        let pairs = parse(&list);
        assert_eq!((pairs.good.len(), pairs.bad.len()), (1024, 1));
        assert_eq!(parse(&"bad,".repeat(20_000)).bad.len(), 1025);
    }

    #[test]
    fn bad_pairs_cost_nobody_else() {
        let percent = "has a \"%\" without two hexadecimal digits (write %25 for a percent sign)";
        let pairs = parse("ok=1,secret,=x,a=%zz,b=100%,c=%ff,d=%4,last=é");
        assert_eq!(pairs.good, [("ok".into(), "1".into()), ("last".into(), "é".into())]);
        assert_eq!(
            pairs.bad,
            [
                (2, "has no \"=\""),
                (3, "has no name"),
                (4, percent),
                (5, percent),
                (6, "is not UTF-8 after percent-decoding"),
                (7, percent)
            ]
        );
    }
}
