//! Adds attributes to the resources of a request, from bytes to bytes: what the resources sent is copied as
//! it stands, and not looked at.

use super::view::groups;
use super::wire::{Fields, Value, WireError};
use super::write::{LENGTH, put_key, put_varint, varint_length};
use std::sync::Arc;

/// The request with what `missing` says behind the attributes of each resource: encoded fields of
/// `Resource`, by the bytes of the resource. `None`: nothing is to be added anywhere.
pub(crate) fn append(
    request: &[u8],
    mut missing: impl FnMut(&[u8]) -> Option<Arc<[u8]>>,
) -> Result<Option<Vec<u8>>, WireError> {
    let additions: Vec<Option<Arc<[u8]>>> =
        groups(request).map(|group| missing(group.resource_bytes())).collect();
    if additions.iter().all(Option::is_none) {
        return Ok(None);
    }
    let longer: usize = additions.iter().flatten().map(|addition| addition.len() + 16).sum();
    let mut out = Vec::with_capacity(request.len() + longer);
    let mut additions = additions.into_iter();
    let mut fields = Fields::new(request);
    while let Some((number, value, whole)) = fields.next_whole()? {
        let (1, Value::Bytes(group)) = (number, value) else {
            out.extend_from_slice(whole);
            continue;
        };
        match additions.next().flatten() {
            Some(addition) => put_group(&mut out, group, &addition)?,
            None => out.extend_from_slice(whole),
        }
    }
    Ok(Some(out))
}

/// A group whose resource, its field 1, gets longer; it is written first.
fn put_group(out: &mut Vec<u8>, group: &[u8], addition: &[u8]) -> Result<(), WireError> {
    let (mut resource, mut before, mut after) = (&[][..], group.len(), group.len());
    let mut fields = Fields::new(group);
    let mut at = 0;
    while let Some((number, value, whole)) = fields.next_whole()? {
        if let (1, Value::Bytes(found)) = (number, value) {
            (resource, before, after) = (found, at, at + whole.len());
            break;
        }
        at += whole.len();
    }
    let inner = resource.len() + addition.len();
    let rest = [group.get(..before), group.get(after..)].map(Option::unwrap_or_default);
    let length = 1 + varint_length(inner as u64) + inner + rest.iter().map(|part| part.len()).sum::<usize>();
    put_key(out, 1, LENGTH);
    put_varint(out, length as u64);
    put_key(out, 1, LENGTH);
    put_varint(out, inner as u64);
    for part in [resource, addition, rest[0], rest[1]] {
        out.extend_from_slice(part);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::view::Value as Seen;
    use crate::otlp::write::{put_bytes, put_message, put_text_attribute};

    fn attributes(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        pairs.iter().for_each(|(key, value)| put_text_attribute(&mut out, 1, key, value.as_bytes()));
        out
    }

    /// Groups with a resource, scopes of this many bytes before and behind it.
    fn request(groups: &[(Option<&[u8]>, usize, usize)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (resource, before, after) in groups {
            put_message(&mut out, 1, |out| {
                put_bytes(out, 2, &vec![b'b'; *before]);
                resource.iter().for_each(|resource| put_bytes(out, 1, resource));
                put_bytes(out, 2, &vec![b'a'; *after]);
            });
        }
        put_bytes(&mut out, 9, b"unknown");
        out
    }

    #[test]
    fn resources_get_longer_and_nothing_else_changes() {
        let (own, more) = (attributes(&[("a", "1")]), attributes(&[("b", &"2".repeat(300))]));
        for (before, after) in [(0, 0), (1, 200), (200, 20_000), (130, 1)] {
            let before_and_after = request(&[(Some(&own), before, after), (Some(&more), 1, 1), (None, 3, 4)]);
            let added = append(&before_and_after, |resource| (resource != more).then(|| more.clone().into()));
            let added = added.unwrap().unwrap();
            let texts: Vec<Vec<String>> = groups(&added)
                .map(|group| {
                    let resource = group.resource().unwrap();
                    resource.attributes.iter().map(|(key, _)| key.to_owned()).collect()
                })
                .collect();
            assert_eq!(texts, [vec!["a", "b"], vec!["b"], vec!["b"]]);
            let first = groups(&added).next().unwrap();
            assert_eq!(first.resource().unwrap().attributes.get("a").and_then(Seen::as_text), Some("1"));
            let mut scopes: Vec<usize> = Vec::new();
            let mut fields = Fields::new(&added);
            while let Some((number, value)) = fields.next_field().unwrap() {
                let (1, Value::Bytes(group)) = (number, value) else { continue };
                let mut fields = Fields::new(group);
                while let Some((number, value)) = fields.next_field().unwrap() {
                    if let (2, Value::Bytes(scope)) = (number, value) {
                        scopes.push(scope.len());
                    }
                }
            }
            assert_eq!(scopes, [before, after, 1, 1, 3, 4]);
            assert!(added.ends_with(b"unknown"));
        }
    }

    #[test]
    fn nothing_to_add_is_nothing_to_write() {
        assert_eq!(append(&request(&[(Some(&attributes(&[("a", "1")])), 3, 4)]), |_| None), Ok(None));
        assert_eq!(append(&[], |_| None), Ok(None));
    }
}
