//! Result codes of HTTP and of remote procedure calls, as text.

use super::{Known, Slot};
use std::borrow::Cow;

/// What stands for "there is none".
const NO_CODE: Cow<'static, str> = Cow::Borrowed("0");

/// The status code of HTTP, stable name first. 0 is none.
pub(super) fn http(known: &Known<'_>) -> Option<i64> {
    [Slot::HttpResponseStatusCode, Slot::HttpStatusCode].into_iter().find_map(|slot| {
        let code = known.number(slot).filter(|code| *code != 0)?;
        known.tell(slot);
        let other = Slot::HttpStatusCode;
        if known.number(other) == Some(code) {
            known.tell(other);
        }
        Some(code)
    })
}

/// The status of a remote procedure call: a number of gRPC, or what another system calls it.
pub(super) fn rpc<'a>(known: &Known<'a>) -> Option<Cow<'a, str>> {
    [Slot::RpcResponseStatusCode, Slot::RpcGrpcStatusCode].into_iter().find_map(|slot| {
        let code = match known.number(slot) {
            Some(number) => text(number),
            None => Cow::Borrowed(known.text(slot)?),
        };
        known.tell(slot);
        Some(code)
    })
}

/// Whether a code of a remote procedure call says that it went well.
pub(super) fn is_ok(rpc: &str) -> bool {
    rpc == "0" || rpc.eq_ignore_ascii_case("ok")
}

/// The codes that there are, one after the other, so that none needs to be made.
static HTTP: [u8; 1500] = {
    let mut digits = [0; 1500];
    let mut code = 0;
    while code < 500 {
        let number = code + 100;
        digits[3 * code] = b'0' + (number / 100) as u8;
        digits[3 * code + 1] = b'0' + (number / 10 % 10) as u8;
        digits[3 * code + 2] = b'0' + (number % 10) as u8;
        code += 1;
    }
    digits
};

pub(super) fn text(code: i64) -> Cow<'static, str> {
    if code == 0 {
        return NO_CODE;
    }
    let digits = match usize::try_from(code) {
        Ok(code @ 100..600) => HTTP.get(3 * (code - 100)..3 * (code - 99)),
        _ => None,
    };
    match digits.map(std::str::from_utf8) {
        Some(Ok(digits)) => Cow::Borrowed(digits),
        _ => Cow::Owned(code.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_text() {
        for code in [i64::MIN, -1, 0, 1, 16, 99, 100, 101, 200, 404, 599, 600, 100_000, i64::MAX] {
            assert_eq!(text(code), code.to_string());
        }
        assert!(matches!(text(200), Cow::Borrowed("200")));
    }
}
