//! Children end, and are written, before their parents: what hangs on a span that was left out is looked for once more
//! in the same request.

use super::counts::Counts;
use super::gone::{Gone, Ids};
use crate::otlp::wire::{Fields, Value, WireError, each_message};
use crate::otlp::write::{LENGTH, begin, end, put_key};

/// The request of spans without what hangs on what is gone.
pub(super) fn sweep(request: &[u8], gone: &mut Gone, counts: &mut Counts) -> Result<Vec<u8>, WireError> {
    let mut spans = Vec::new();
    each_message(request, 1, |group| {
        each_message(group, 2, |scope| {
            each_message(scope, 2, |span| {
                spans.push((ids(span)?, None));
                Ok(())
            })
        })
    })?;
    // Each round finds the children of what the last one found.
    loop {
        let mut found = false;
        for (ids, name) in spans.iter_mut().filter(|(_, name)| name.is_none()) {
            *name = gone.hangs_on(ids);
            found |= name.is_some();
        }
        if !found {
            break;
        }
    }
    let mut fates = spans.into_iter().map(|(_, name)| name);
    let mut out = Vec::with_capacity(request.len());
    let mut stays = || match fates.next().flatten() {
        Some(name) => {
            counts.add(name, 1);
            false
        }
        None => true,
    };
    filter(request, 0, &mut stays, &mut out)?;
    Ok(out)
}

/// Writes a message of this depth with the items that stay; groups stay where they have some. True: there are some.
fn filter(
    message: &[u8],
    depth: u32,
    stays: &mut dyn FnMut() -> bool,
    out: &mut Vec<u8>,
) -> Result<bool, WireError> {
    let wanted = if depth == 0 { 1 } else { 2 };
    let mut any = false;
    let mut fields = Fields::new(message);
    while let Some((number, value, whole)) = fields.next_whole()? {
        match value {
            Value::Bytes(_) if number == wanted && depth == 2 => {
                if stays() {
                    out.extend_from_slice(whole);
                    any = true;
                }
            }
            Value::Bytes(inner) if number == wanted => {
                let before = out.len();
                put_key(out, number, LENGTH);
                let start = begin(out);
                if filter(inner, depth + 1, stays, out)? {
                    end(out, start);
                    any = true;
                } else {
                    out.truncate(before);
                }
            }
            _ => out.extend_from_slice(whole),
        }
    }
    Ok(any)
}

fn ids(span: &[u8]) -> Result<Ids, WireError> {
    let (mut trace, mut id, mut parent): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
    let mut fields = Fields::new(span);
    while let Some((number, value)) = fields.next_field()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => trace = bytes,
            (2, Value::Bytes(bytes)) => id = bytes,
            (4, Value::Bytes(bytes)) => parent = bytes,
            _ => {}
        }
    }
    Ok(Ids::new(trace, id, parent))
}
