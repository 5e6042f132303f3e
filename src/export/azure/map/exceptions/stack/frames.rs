//! The frames of one exception, as many as are worth keeping.

use std::collections::VecDeque;

/// How many are kept of each end: the service takes 100 together.
const HALF: usize = 50;

/// Where one call stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Frame<'a> {
    pub(in super::super) method: &'a str,
    /// The package, module or archive that it is part of, or empty.
    pub(in super::super) assembly: &'a str,
    /// Or empty.
    pub(in super::super) file: &'a str,
    pub(in super::super) line: Option<u32>,
}

/// Frames in the order of the text: the first and the last fifty, and how many there were.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Frames<'a> {
    first: Vec<(u64, Frame<'a>)>,
    last: VecDeque<(u64, Frame<'a>)>,
    count: u64,
    /// The call that threw stands last in the text.
    inverted: bool,
}

impl<'a> Frames<'a> {
    /// Of a text in which the call that threw stands last.
    pub(super) fn inverted() -> Frames<'a> {
        Frames { inverted: true, ..Frames::default() }
    }

    pub(super) fn push(&mut self, frame: Frame<'a>) {
        let numbered = (self.count, frame);
        self.count = self.count.saturating_add(1);
        if self.first.len() < HALF {
            self.first.push(numbered);
            return;
        }
        if self.last.len() == HALF {
            self.last.pop_front();
        }
        self.last.push_back(numbered);
    }

    /// Counts repetitions of the last frame that the text leaves out; the frame stands for the last of them.
    pub(super) fn repeat(&mut self, count: u64) {
        self.count = self.count.saturating_add(count);
        if let Some(last) = self.last.back_mut().or(self.first.last_mut()) {
            last.0 = self.count - 1;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Frames { inverted: self.inverted, ..Frames::default() };
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Frames with their levels, from the call that threw (0) outwards. Where frames are left out,
    /// their levels are missing.
    pub(in super::super) fn levels(&self) -> impl Iterator<Item = (u64, &Frame<'a>)> {
        let kept = self.first.len() + self.last.len();
        (0..kept).filter_map(move |place| {
            let place = if self.inverted { kept - 1 - place } else { place };
            let half = self.first.len();
            let found = if place < half { self.first.get(place) } else { self.last.get(place - half) };
            let (number, frame) = found?;
            Some((if self.inverted { self.count - 1 - number } else { *number }, frame))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(frames: &Frames<'_>) -> Vec<(u64, u32)> {
        frames.levels().map(|(level, frame)| (level, frame.line.unwrap_or_default())).collect()
    }

    #[test]
    fn both_ends_are_kept() {
        let mut frames = Frames::default();
        for line in 0..1000 {
            frames.push(Frame { line: Some(line), ..Frame::default() });
        }
        let kept = levels(&frames);
        assert_eq!(kept.len(), 100);
        assert_eq!((kept[0], kept[49], kept[50], kept[99]), ((0, 0), (49, 49), (950, 950), (999, 999)));
        frames.inverted = true;
        let kept = levels(&frames);
        assert_eq!((kept[0], kept[49], kept[50], kept[99]), ((0, 999), (49, 950), (950, 49), (999, 0)));
    }

    #[test]
    fn what_is_only_counted_has_levels() {
        let mut frames = Frames::inverted();
        frames.push(Frame { line: Some(1), ..Frame::default() });
        frames.push(Frame { line: Some(2), ..Frame::default() });
        frames.push(Frame { line: Some(2), ..Frame::default() });
        frames.repeat(900);
        assert_eq!(levels(&frames), [(0, 2), (901, 2), (902, 1)]);
        frames.push(Frame { line: Some(3), ..Frame::default() });
        assert_eq!(levels(&frames), [(0, 3), (1, 2), (902, 2), (903, 1)]);
        frames.repeat(u64::MAX);
        assert_eq!(levels(&frames).len(), 4);
    }
}
