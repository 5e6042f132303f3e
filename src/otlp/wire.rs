//! A walk over protobuf's wire format (protobuf encoding specification) that reads
//! OTLP requests in place: nothing is allocated, nothing is built.

use super::Signal;

/// The bytes are not a message of the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("truncated")]
    Truncated,
    #[error("varint longer than 10 bytes")]
    Varint,
    #[error("field number 0")]
    FieldZero,
    #[error("wire type {0} is not allowed")]
    WireType(u8),
    #[error("field {0} has the wrong wire type")]
    Field(u32),
}

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// Number and value of a field, and the field as it stands in the message.
pub type Whole<'a> = (u32, Value<'a>, &'a [u8]);

/// Reads the fields of one message, in the order in which they come.
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn new(message: &'a [u8]) -> Self {
        Fields { rest: message }
    }

    /// The next field, `None` at the end of the message.
    #[inline]
    pub fn next_field(&mut self) -> Result<Option<(u32, Value<'a>)>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| WireError::FieldZero)?;
        if number == 0 || number > 0x1fff_ffff {
            return Err(WireError::FieldZero);
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            other => return Err(WireError::WireType((other & 7) as u8)),
        };
        Ok(Some((number, value)))
    }

    /// The next field, with its bytes as they stand there, number and all.
    #[inline]
    pub fn next_whole(&mut self) -> Result<Option<Whole<'a>>, WireError> {
        let before = self.rest;
        let Some((number, value)) = self.next_field()? else { return Ok(None) };
        let length = before.len() - self.rest.len();
        Ok(Some((number, value, before.get(..length).unwrap_or_default())))
    }

    /// The next number of a packed field, `None` at the end.
    pub(super) fn next_varint(&mut self) -> Result<Option<Value<'a>>, WireError> {
        Ok(if self.rest.is_empty() { None } else { Some(Value::Varint(self.varint()?)) })
    }

    pub(super) fn next_fixed64(&mut self) -> Result<Option<Value<'a>>, WireError> {
        let number = |bytes| Value::Fixed64(u64::from_le_bytes(bytes));
        if self.rest.is_empty() { Ok(None) } else { self.array().map(number).map(Some) }
    }

    pub(super) fn next_fixed32(&mut self) -> Result<Option<Value<'a>>, WireError> {
        let number = |bytes| Value::Fixed32(u32::from_le_bytes(bytes));
        if self.rest.is_empty() { Ok(None) } else { self.array().map(number).map(Some) }
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(if self.rest.len() < 10 { WireError::Truncated } else { WireError::Varint })
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (head, tail) = self.rest.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }
}

/// Counts the items of an OTLP request (spans, log records, metric data points) and
/// checks the structure on the way down to them: lengths, wire types, nesting.
/// What is inside an item is not looked at.
pub fn count_items(signal: Signal, request: &[u8]) -> Result<u64, WireError> {
    let mut items = 0;
    each_message(request, 1, |resource| {
        each_message(resource, 2, |scope| {
            each_message(scope, 2, |item| {
                items += match signal {
                    Signal::Traces | Signal::Logs => 1,
                    Signal::Metrics => count_points(item)?,
                };
                Ok(())
            })
        })
    })?;
    Ok(items)
}

/// Data points of one `Metric`: gauge, sum, histogram, exponential histogram and summary
/// are fields 5, 7, 9, 10 and 11; the points of each are its field 1.
pub fn count_points(metric: &[u8]) -> Result<u64, WireError> {
    let mut points = 0;
    let mut fields = Fields::new(metric);
    while let Some((number, value)) = fields.next_field()? {
        match (number, value) {
            (5 | 7 | 9 | 10 | 11, Value::Bytes(data)) => each_message(data, 1, |_| {
                points += 1;
                Ok(())
            })?,
            (5 | 7 | 9 | 10 | 11, _) => return Err(WireError::Field(number)),
            _ => {}
        }
    }
    Ok(points)
}

/// Calls `f` with each occurrence of message field `wanted`.
pub fn each_message<'a>(
    message: &'a [u8],
    wanted: u32,
    mut f: impl FnMut(&'a [u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next_field()? {
        if number == wanted {
            let Value::Bytes(inner) = value else { return Err(WireError::Field(number)) };
            f(inner)?;
        }
    }
    Ok(())
}
