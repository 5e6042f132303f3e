//! The way down the tree of processes.

use super::process::{self, Detail, Figures};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Processes and threads looked at in one collection; more are left out.
const MOST_PROCESSES: usize = 1024;
const MOST_TASKS: usize = 8192;

/// All of `known` that still live, and their descendants. `root` is where it begins when
/// nothing is known, unless it has `ended`.
pub(super) fn walk(
    root: i32,
    known: &BTreeMap<i32, Figures>,
    ended: bool,
    detail: Detail,
) -> BTreeMap<i32, Figures> {
    let mut walk = Walk::new(known, detail);
    // Parents are looked at before their children. Known ones stay members when their parent
    // has gone, and a crowd of new ones does not push them out.
    let root = (!ended || known.contains_key(&root)).then_some(&root);
    for pid in root.into_iter().chain(known.keys()) {
        walk.admit(*pid, false);
        while let Some(pid) = walk.queue.pop_front() {
            walk.admit(pid, true);
        }
    }
    walk.found
}

struct Walk<'a> {
    known: &'a BTreeMap<i32, Figures>,
    detail: Detail,
    found: BTreeMap<i32, Figures>,
    queue: VecDeque<i32>,
    /// For so many processes that were not known before.
    room: usize,
    tasks: usize,
    /// Children of each process of the machine, made when the kernel does not list them.
    children: Option<HashMap<i32, Vec<i32>>>,
}

impl<'a> Walk<'a> {
    fn new(known: &'a BTreeMap<i32, Figures>, detail: Detail) -> Self {
        Walk {
            known,
            detail,
            found: BTreeMap::new(),
            queue: VecDeque::new(),
            room: MOST_PROCESSES.saturating_sub(known.len()),
            tasks: MOST_TASKS,
            children: None,
        }
    }

    /// Looks at a process, which is the child of one that was found, or was known before.
    fn admit(&mut self, pid: i32, child: bool) {
        if self.found.contains_key(&pid) {
            return;
        }
        let Some(mut figures) = process::read(pid, &mut self.tasks, self.detail) else { return };
        let known = self.known.get(&pid).map(|known| known.start == figures.start);
        match known {
            Some(true) => {}
            // Another process has the number of one that ended, and is none of ours.
            Some(false) if !child => return,
            _ if self.room == 0 => return,
            _ => self.room -= 1,
        }
        match figures.children.take() {
            Some(children) => self.queue.extend(children),
            None if figures.zombie => {}
            None => {
                let all = self.children.get_or_insert_with(process::children_of_all);
                self.queue.extend(all.get(&pid).into_iter().flatten());
            }
        }
        self.found.insert(pid, figures);
    }
}
