//! One look at the processes and at the machine.

use super::window::{Machine, Reading};
use crate::link::Ended;
use crate::measure::container::Container;
use crate::measure::host;
use crate::measure::process::{Counter, Detail};
use crate::measure::tree::Tree;
use std::time::Instant;

pub(super) struct Look {
    pid: i32,
    tree: Tree,
    container: Container,
    begin: Instant,
    /// Those of a target that has ended are not to be asked for.
    processors: Option<f64>,
}

impl Look {
    pub(super) fn new(pid: i32) -> Look {
        let (tree, container) = (Tree::new(pid, Detail::Storage), Container::of(pid));
        Look { pid, tree, container, begin: Instant::now(), processors: None }
    }

    pub(super) fn read(&mut self, ended: Option<&Ended>) -> Reading {
        let sums = self.tree.sample(ended).clone();
        let at = self.begin.elapsed().as_secs_f64();
        if ended.is_none() || self.processors.is_none() {
            self.processors = self.container.available_cpus(self.pid);
        }
        let sum = |one, other| sums.counters.map(|counters| counters[one] as f64 + counters[other] as f64);
        let lives = sums.levels.as_ref().filter(|levels| levels.processes > 0);
        Reading {
            at,
            processor: sum(Counter::UserTime, Counter::SystemTime).map(|micros| micros / 1e6),
            storage: sum(Counter::Read, Counter::Written).filter(|_| sums.has_io),
            memory: lives.map(|levels| levels.private.unwrap_or(levels.resident) as f64),
            available: self.available().map(|bytes| bytes as f64),
            machine: self.machine(at),
            processors: self.processors,
        }
    }

    fn available(&self) -> Option<u64> {
        [self.container.memory_available(), host::available_memory()].into_iter().flatten().min()
    }

    fn machine(&self, at: f64) -> Option<Machine> {
        match self.container.cpu_spent() {
            Some((quota, spent)) => Some(Machine::Part { at, spent, quota }),
            None => {
                host::busy_ticks().map(|(busy, all)| Machine::Whole { busy: busy as f64, all: all as f64 })
            }
        }
    }
}
