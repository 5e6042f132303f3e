//! From looks at processes and machine to the values of one interval.

use std::collections::BTreeMap;

/// The counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::measure) enum Counter {
    /// Of all processors that the machine, or the container, has.
    MachineProcessor,
    /// Of one processor; more than 100 with several.
    Processor,
    /// Of all processors that the processes may use.
    ProcessorNormalized,
    PrivateBytes,
    Storage,
    AvailableBytes,
}

impl Counter {
    pub(super) fn name(self) -> &'static str {
        match self {
            Counter::MachineProcessor => r"\Processor(_Total)\% Processor Time",
            Counter::Processor => r"\Process(??APP_WIN32_PROC??)\% Processor Time",
            Counter::ProcessorNormalized => r"\Process(??APP_WIN32_PROC??)\% Processor Time Normalized",
            Counter::PrivateBytes => r"\Process(??APP_WIN32_PROC??)\Private Bytes",
            Counter::Storage => r"\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec",
            Counter::AvailableBytes => r"\Memory\Available Bytes",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Counter::MachineProcessor | Counter::Processor | Counter::ProcessorNormalized => "%",
            Counter::PrivateBytes | Counter::AvailableBytes => "By",
            Counter::Storage => "By/s",
        }
    }
}

/// One value of each counter that is known.
pub(in crate::measure) type Values = BTreeMap<Counter, f64>;

/// What one look found. Totals only grow; `None`: not to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// Seconds since some moment.
    pub(super) at: f64,
    /// Seconds of processor time of all processes, ended ones included.
    pub(super) processor: Option<f64>,
    /// Bytes that they read from storage and wrote to it.
    pub(super) storage: Option<f64>,
    /// Bytes of memory of those that live.
    pub(super) memory: Option<f64>,
    /// Bytes of memory that are free to be used.
    pub(super) available: Option<f64>,
    pub(super) machine: Option<Machine>,
    /// Processors that the processes may use.
    pub(super) processors: Option<f64>,
}

/// How busy the machine is, or what stands for it in a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Machine {
    /// Of `all` time of all processors, `busy` was spent; in the same unit.
    Whole { busy: f64, all: f64 },
    /// Seconds that a container has spent until `at`, which may spend `quota` in a second.
    Part { at: f64, spent: f64, quota: f64 },
}

/// The looks of one interval.
#[derive(Debug)]
pub(super) struct Window {
    /// Before the interval.
    first: Reading,
    last: Reading,
    memory: Mean,
    available: Mean,
    /// Looks at processes that live.
    seen: u32,
    peak: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1.0;
        }
    }

    fn value(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

impl Window {
    /// Begins with a look that is only there to be compared with.
    pub(super) fn new(first: Reading) -> Window {
        Window {
            first,
            last: first,
            memory: Mean::default(),
            available: Mean::default(),
            seen: 0,
            peak: None,
        }
    }

    /// Lets the interval begin with the processes, which started `before` its first look.
    pub(super) fn beginning(mut self, before: f64) -> Window {
        self.first.at -= before;
        self.first.processor = Some(0.0);
        self.first.storage = self.first.storage.map(|_| 0.0);
        self
    }

    pub(super) fn add(&mut self, reading: Reading) {
        self.memory.add(reading.memory);
        self.available.add(reading.available);
        self.seen += u32::from(reading.memory.is_some());
        self.last = reading;
    }

    /// The most memory that an ended process had, for one that ended before it was looked at.
    pub(super) fn peak(&mut self, bytes: u64) {
        self.peak = Some(bytes as f64);
    }

    /// The one that follows.
    pub(super) fn next(&self) -> Window {
        Window::new(self.last)
    }

    pub(super) fn values(&self) -> Values {
        let (first, last) = (&self.first, &self.last);
        let elapsed = Some(last.at - first.at).filter(|elapsed| *elapsed > 0.001);
        let per_second =
            |total: Option<f64>, before: Option<f64>| Some((total? - before?).max(0.0) / elapsed?);
        let processor = per_second(last.processor, first.processor);
        let processors = last.processors.or(first.processors).filter(|processors| *processors > 0.0);
        let normalized = processor.zip(processors).map(|(spent, all)| (100.0 * spent / all).min(100.0));
        let storage = per_second(last.storage, first.storage).filter(|_| self.seen > 0);
        let machine = first.machine.zip(last.machine).and_then(|(first, last)| busy(first, last));
        [
            (Counter::MachineProcessor, machine),
            (Counter::Processor, processor.map(|spent| 100.0 * spent)),
            (Counter::ProcessorNormalized, normalized),
            (Counter::PrivateBytes, self.memory.value().or(self.peak).filter(|bytes| *bytes > 0.0)),
            (Counter::Storage, storage),
            (Counter::AvailableBytes, self.available.value()),
        ]
        .into_iter()
        .filter_map(|(counter, value)| Some((counter, value.filter(|value| value.is_finite())?)))
        .collect()
    }
}

/// Percent of the machine that was busy between two looks.
fn busy(first: Machine, last: Machine) -> Option<f64> {
    let share = match (first, last) {
        (Machine::Whole { busy: before, all: all_before }, Machine::Whole { busy, all }) => {
            (busy - before) / Some(all - all_before).filter(|all| *all > 0.0)?
        }
        (Machine::Part { at: since, spent: before, .. }, Machine::Part { at, spent, quota }) => {
            (spent - before) / Some(quota * (at - since)).filter(|possible| *possible > 0.0)?
        }
        // A limit came or went.
        _ => return None,
    };
    Some((100.0 * share).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at: f64, processor: f64, memory: f64) -> Reading {
        Reading { at, processor: Some(processor), memory: Some(memory), ..Reading::default() }
    }

    #[test]
    fn all_counters_of_a_minute() {
        let mut window = Window::new(Reading {
            storage: Some(1000.0),
            machine: Some(Machine::Whole { busy: 100.0, all: 1000.0 }),
            ..reading(0.0, 5.0, 7e9)
        });
        for n in 1..=12 {
            window.add(Reading {
                storage: Some(1000.0 + 600.0 * f64::from(n)),
                available: Some(4e9 + f64::from(n % 2)),
                machine: Some(Machine::Whole {
                    busy: 100.0 + 3.0 * f64::from(n),
                    all: 1000.0 + 10.0 * f64::from(n),
                }),
                processors: Some(4.0),
                ..reading(
                    5.0 * f64::from(n),
                    5.0 + 7.5 * f64::from(n),
                    if n % 2 == 0 { 100.0 } else { 200.0 },
                )
            });
        }
        let expected = [
            (Counter::MachineProcessor, 30.0),
            (Counter::Processor, 150.0),
            (Counter::ProcessorNormalized, 37.5),
            (Counter::PrivateBytes, 150.0),
            (Counter::Storage, 120.0),
            (Counter::AvailableBytes, 4e9 + 0.5),
        ];
        assert_eq!(window.values(), Values::from(expected));
        // The next interval begins where this one ended.
        let mut next = window.next();
        next.add(reading(65.0, 95.0, 300.0));
        let values = next.values();
        assert_eq!(values[&Counter::Processor], 0.0);
        assert_eq!(values[&Counter::PrivateBytes], 300.0);
    }

    #[test]
    fn a_container_is_the_machine_of_those_in_it() {
        let part = |at, spent| Reading {
            machine: Some(Machine::Part { at, spent, quota: 1.5 }),
            ..reading(at, 0.0, 1.0)
        };
        let mut window = Window::new(part(0.0, 10.0));
        window.add(part(10.0, 13.0));
        assert_eq!(window.values()[&Counter::MachineProcessor], 20.0);
        // More than the quota is a matter of rounding.
        window.add(part(10.0, 40.0));
        assert_eq!(window.values()[&Counter::MachineProcessor], 100.0);
        window.add(Reading { machine: Some(Machine::Whole { busy: 1.0, all: 2.0 }), ..part(20.0, 0.0) });
        assert_eq!(window.values().get(&Counter::MachineProcessor), None);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut window = Window::new(Reading::default());
        window.add(Reading { at: 5.0, ..Reading::default() });
        assert_eq!(window.values(), Values::new());
        // Another user's process.
        let mut window = Window::new(reading(0.0, 0.0, 1.0));
        window.add(reading(5.0, 1.0, 1.0));
        let known: Vec<Counter> = window.values().into_keys().collect();
        assert_eq!(known, [Counter::Processor, Counter::PrivateBytes]);
    }

    #[test]
    fn a_target_that_ended_at_once_has_the_kernels_figures() {
        let mut window = Window::new(Reading::default()).beginning(0.4);
        window.add(Reading { at: 0.1, processor: Some(0.25), processors: Some(2.0), ..Reading::default() });
        window.peak(4096);
        let expected = [
            (Counter::Processor, 50.0),
            (Counter::ProcessorNormalized, 25.0),
            (Counter::PrivateBytes, 4096.0),
        ];
        assert_eq!(window.values(), Values::from(expected));
    }

    #[test]
    fn no_time_between_two_looks_is_no_rate() {
        let mut window = Window::new(reading(1.0, 1.0, 1.0));
        window.add(reading(1.0, 2.0, 1.0));
        assert_eq!(window.values(), Values::from([(Counter::PrivateBytes, 1.0)]));
    }
}
