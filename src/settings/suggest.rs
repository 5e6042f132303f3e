//! "Did you mean": the nearest of a set of names.

/// The name that was probably meant: the fewest letters inserted, removed, changed or
/// swapped, no more than a third of them
/// and than four.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.chars().take(MOST).map(|c| c.to_ascii_lowercase()).collect();
    names
        .into_iter()
        .map(|name| {
            let chars: Vec<char> = name.chars().map(|c| c.to_ascii_lowercase()).collect();
            (distance(&typed, &chars), chars.len(), name)
        })
        .filter(|(distance, length, _)| *distance <= (length.max(&typed.len()) / 3).clamp(1, 4))
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., name)| name)
}

/// Longest name that is looked at; ours are shorter.
const MOST: usize = 128;

/// Optimal string alignment distance, three rows at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far() {
        let names = ["console", "otlp", "prometheus", "none"];
        for (typed, near) in [
            ("consol", Some("console")),
            ("cosnole", Some("console")),
            ("OTPL", Some("otlp")),
            ("promethues", Some("prometheus")),
            ("nome", Some("none")),
            ("azure", None),
            ("", None),
            ("zipkin", None),
        ] {
            assert_eq!(nearest(typed, names), near, "{typed:?}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), names), None);
    }
}
