//! One condition that the portal's user set: field, predicate, comparand.
//!
//! Texts are compared without regard to case, and an attribute that is not there is an empty text,
//! as in Microsoft's SDKs for .NET. Less and greater compare numbers.

use super::item::{Field, Item, Kind};
use std::borrow::Cow;

/// `FilterInfo`, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    Text {
        of: Text,
        predicate: Predicate,
    },
    Success(bool),
    /// Nanoseconds.
    Duration {
        order: Order,
        than: u64,
    },
}

/// Where the text comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    Field(Field),
    Dimension(String),
    /// All fields and all attributes: `*`.
    Any,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Predicate {
    Equal(String),
    NotEqual(String),
    Contains(Needle),
    DoesNotContain(Needle),
    Number { order: Order, than: f64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Most characters of a field's name or a comparand.
const LONGEST: usize = 1024;

impl Filter {
    /// Checks a filter for items of one kind.
    ///
    /// # Errors
    /// What is wrong with it, for the user who set it.
    pub(super) fn new(kind: Kind, field: &str, predicate: &str, comparand: &str) -> Result<Filter, String> {
        if field.len() > LONGEST || comparand.len() > LONGEST {
            return Err(format!("field names and comparands have {LONGEST} bytes at most"));
        }
        let no_predicate = || Err(format!("the predicate {predicate:?} does not fit the field {field:?}"));
        let no_comparand = || format!("{comparand:?} cannot be compared with the field {field:?}");
        let order = Order::of(predicate);
        match field {
            "Success" if kind.is_call() => {
                let wanted = match comparand {
                    _ if comparand.eq_ignore_ascii_case("true") => true,
                    _ if comparand.eq_ignore_ascii_case("false") => false,
                    _ => return Err(no_comparand()),
                };
                match order {
                    Some(Order::Equal) => Ok(Filter::Success(wanted)),
                    Some(Order::NotEqual) => Ok(Filter::Success(!wanted)),
                    _ => no_predicate(),
                }
            }
            "Duration" if kind.is_call() => match order {
                Some(order) => {
                    Ok(Filter::Duration { order, than: time_span(comparand).ok_or_else(no_comparand)? })
                }
                None => no_predicate(),
            },
            _ => {
                let of = Text::of(kind, field)?;
                let text = || comparand.to_owned();
                let predicate = match (predicate, order) {
                    ("Contains", _) => Predicate::Contains(Needle::new(comparand)),
                    ("DoesNotContain", _) => Predicate::DoesNotContain(Needle::new(comparand)),
                    _ if of == Text::Any => return no_predicate(),
                    (_, Some(Order::Equal)) => Predicate::Equal(text()),
                    (_, Some(Order::NotEqual)) => Predicate::NotEqual(text()),
                    (_, Some(order)) => {
                        let than = comparand.trim().parse().ok().filter(|than: &f64| than.is_finite());
                        Predicate::Number { order, than: than.ok_or_else(no_comparand)? }
                    }
                    _ => return no_predicate(),
                };
                Ok(Filter::Text { of, predicate })
            }
        }
    }

    pub(super) fn matches(&self, item: &Item<'_>) -> bool {
        match self {
            Filter::Success(wanted) => item.success == *wanted,
            Filter::Duration { order, than } => order.holds(&item.duration, than),
            Filter::Text { of: Text::Any, predicate } => {
                let mut texts = item.kind.fields().iter().filter_map(|field| (item.text)(*field));
                let mut dimensions = item.dimensions();
                match predicate {
                    // All of it must be without the needle, and one place with it is enough.
                    Predicate::DoesNotContain(_) => {
                        texts.all(|text| predicate.holds(&text))
                            && dimensions.all(|(_, text)| predicate.holds(&text))
                    }
                    _ => {
                        texts.any(|text| predicate.holds(&text))
                            || dimensions.any(|(_, text)| predicate.holds(&text))
                    }
                }
            }
            Filter::Text { of: Text::Field(field), predicate } => {
                predicate.holds(&(item.text)(*field).unwrap_or_default())
            }
            Filter::Text { of: Text::Dimension(name), predicate } => {
                predicate.holds(&item.dimension(name).unwrap_or_default())
            }
        }
    }
}

/// The name of an attribute in a field's name or a projection.
pub(super) fn dimension(name: &str) -> Option<&str> {
    name.strip_prefix("CustomDimensions.").filter(|name| !name.is_empty())
}

impl Text {
    fn of(kind: Kind, name: &str) -> Result<Text, String> {
        if let Some(name) = dimension(name) {
            return Ok(Text::Dimension(name.to_owned()));
        }
        let field = match (kind, name) {
            (_, "*") => return Ok(Text::Any),
            (Kind::Request | Kind::Dependency | Kind::Event, "Name") => Field::Name,
            (Kind::Request, "Url") => Field::Url,
            (Kind::Request, "ResponseCode") | (Kind::Dependency, "ResultCode") => Field::Code,
            (Kind::Dependency, "Target") => Field::Target,
            (Kind::Dependency, "Type") => Field::Type,
            (Kind::Dependency, "Data") => Field::Data,
            (Kind::Exception, "Exception.Message" | "Message") | (Kind::Trace, "Message") => Field::Message,
            (Kind::Exception, "Exception.StackTrace" | "StackTrace") => Field::StackTrace,
            _ => return Err(format!("no field {name:?} in telemetry of type {}", kind.telemetry_type())),
        };
        Ok(Text::Field(field))
    }
}

impl Predicate {
    fn holds(&self, text: &str) -> bool {
        match self {
            Predicate::Equal(comparand) => same(text, comparand),
            Predicate::NotEqual(comparand) => !same(text, comparand),
            Predicate::Contains(needle) => needle.is_in(text),
            Predicate::DoesNotContain(needle) => !needle.is_in(text),
            Predicate::Number { order, than } => {
                text.trim().parse().is_ok_and(|number: f64| order.holds(&number, than))
            }
        }
    }
}

fn same(text: &str, comparand: &str) -> bool {
    text.eq_ignore_ascii_case(comparand)
        || (!comparand.is_ascii() && text.to_lowercase() == comparand.to_lowercase())
}

/// A text to be found, in lower case.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Needle(String);

impl Needle {
    fn new(text: &str) -> Needle {
        Needle(text.to_lowercase())
    }

    fn is_in(&self, text: &str) -> bool {
        let needle = self.0.as_bytes();
        if !self.0.is_ascii() {
            return text.to_lowercase().contains(&self.0);
        }
        needle.is_empty()
            || text.as_bytes().windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle))
    }
}

impl Order {
    fn of(predicate: &str) -> Option<Order> {
        Some(match predicate {
            "Equal" => Order::Equal,
            "NotEqual" => Order::NotEqual,
            "LessThan" => Order::Less,
            "LessThanOrEqual" => Order::LessOrEqual,
            "GreaterThan" => Order::Greater,
            "GreaterThanOrEqual" => Order::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Order::Equal => left == right,
            Order::NotEqual => left != right,
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

/// Reads `[days.]hours:minutes:seconds[.fraction]` as nanoseconds.
fn time_span(text: &str) -> Option<u64> {
    let mut parts = text.trim().split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    if parts.next().is_some() {
        return None;
    }
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let whole = |text: &str| digits(text).and_then(|text| text.parse::<u64>().ok());
    let fraction = format!("{:0<9.9}", digits(fraction)?);
    [(whole(hours)?, 3600), (whole(minutes)?, 60), (whole(seconds)?, 1)]
        .into_iter()
        .try_fold(whole(days)?.checked_mul(86_400)?, |sum, (count, unit)| {
            sum.checked_add(count.checked_mul(unit)?)
        })?
        .checked_mul(1_000_000_000)?
        .checked_add(whole(&fraction)?)
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// The number that a text says.
pub(super) fn number(text: Cow<'_, str>) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}
