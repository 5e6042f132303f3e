//! Metrics: a name, and data points, which are the items.

use super::counts::Counts;
use super::draft::{self, Draft, Layout, Origin, Seen};
use super::step::{Step, Work};
use crate::otlp::wire::{Fields, Value, WireError};
use crate::otlp::write::{put_bytes, put_message};
use std::sync::Arc;

/// What became of the data points.
#[derive(Debug, Default)]
pub(super) struct Points {
    /// Some are others than they were.
    pub(super) changed: bool,
    /// Some are no longer there.
    pub(super) dropped: bool,
    /// All were left out, or the metric itself.
    pub(super) none_left: bool,
}

/// Data of a metric: the field that it is in, and its points.
struct Data<'a> {
    number: u32,
    points: Vec<(&'a [u8], Draft<'a>)>,
    /// What else is there.
    rest: Vec<&'a [u8]>,
}

/// Sends a metric through processors. What of its data is changed is put into the draft.
pub(super) fn edit<'a>(
    steps: &[Arc<Step>],
    metric: &mut Draft<'a>,
    origin: &Origin<'a>,
    counts: &mut Counts,
) -> Result<Points, WireError> {
    let by_name = steps.iter().all(|step| step.needs_only_names());
    let mut all = read(metric, !by_name)?;
    let count = |all: &[Data<'_>]| all.iter().map(|data| data.points.len() as u64).sum::<u64>();
    let came = count(&all);
    for step in steps {
        match &step.work {
            Work::Name(_) => {
                step.apply(metric, origin);
            }
            Work::Drop | Work::DropTree if step.needs_only_names() => {
                if step.selects(&Seen { draft: metric, origin, name: None }) {
                    counts.add(step.name, count(&all));
                    return Ok(Points { none_left: true, dropped: true, changed: false });
                }
            }
            work => {
                if matches!(work, Work::Redact(_)) {
                    step.apply(metric, origin);
                }
                let name = metric.text.as_deref();
                for data in &mut all {
                    let before = data.points.len();
                    data.points.retain_mut(|(_, draft)| {
                        if !step.selects(&Seen { draft, origin, name }) {
                            return true;
                        }
                        step.work_on(draft, origin) == super::step::Fate::Stays
                    });
                    let dropped = before - data.points.len();
                    if dropped > 0 {
                        counts.add(step.name, dropped as u64);
                    }
                }
            }
        }
    }
    let left = count(&all);
    let changed = all.iter().flat_map(|data| &data.points).any(|(_, draft)| draft.is_changed());
    let points = Points { changed, dropped: left < came, none_left: came > 0 && left == 0 };
    if points.changed || points.dropped && !points.none_left {
        for data in &all {
            write(metric, data);
        }
    }
    Ok(points)
}

/// The data of a metric. `whole`: with what is in its points.
fn read<'a>(metric: &Draft<'a>, whole: bool) -> Result<Vec<Data<'a>>, WireError> {
    let mut all = Vec::new();
    for (number, field) in &metric.rest {
        let Some(layout) = draft::point(*number) else { continue };
        let std::borrow::Cow::Borrowed(field) = *field else { continue };
        let Some((_, Value::Bytes(message))) = Fields::new(field).next_field()? else { continue };
        all.push(data(*number, layout, message, whole)?);
    }
    Ok(all)
}

fn data(number: u32, layout: Layout, message: &[u8], whole: bool) -> Result<Data<'_>, WireError> {
    let mut data = Data { number, points: Vec::new(), rest: Vec::new() };
    let mut fields = Fields::new(message);
    while let Some((field, value, bytes)) = fields.next_whole()? {
        match (field, value) {
            (1, Value::Bytes(point)) => {
                let mut draft = Draft::new(layout);
                if whole {
                    draft.read(point)?;
                }
                data.points.push((point, draft));
            }
            _ => data.rest.push(bytes),
        }
    }
    Ok(data)
}

fn write(metric: &mut Draft<'_>, data: &Data<'_>) {
    let mut field = Vec::new();
    put_message(&mut field, data.number, |out| {
        data.rest.iter().for_each(|bytes| out.extend_from_slice(bytes));
        for (message, draft) in &data.points {
            match draft.is_changed() {
                true => put_message(out, 1, |out| draft.write(out)),
                false => put_bytes(out, 1, message),
            }
        }
    });
    if let Some((_, known)) = metric.rest.iter_mut().find(|(number, _)| *number == data.number) {
        *known = field.into();
    }
}
