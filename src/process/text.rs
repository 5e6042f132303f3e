//! Texts of bounded length.

/// At most so many bytes of a text, and no half characters.
pub(super) fn beginning(text: &[u8], most: usize) -> &[u8] {
    let is_boundary = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (most.saturating_sub(3)..=most).rev().find(is_boundary).unwrap_or(most);
    text.get(..end).unwrap_or(text)
}
