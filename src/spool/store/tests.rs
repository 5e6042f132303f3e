use super::super::fixture::named;
use super::*;
use crate::account::Account;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const HERE: Address = Address([1; 16]);

struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { root: TempDir::new().expect("a folder") }
    }

    fn open_with(&self, launch: u64, limits: Limits) -> Store {
        let root = Folder::open(&self.root.path().join("spool")).expect("ours");
        open_store(&root, HERE, launch, limits)
    }

    fn open(&self, launch: u64) -> Store {
        self.open_with(launch, Limits::default())
    }

    fn path(&self) -> PathBuf {
        self.root.path().join("spool").join(HERE.to_string())
    }

    /// Files that hold batches, in all folders.
    fn files(&self) -> Vec<PathBuf> {
        let list = |path: &Path| -> Vec<PathBuf> {
            fs::read_dir(path)
                .map(|all| all.flatten().map(|entry| entry.path()).collect())
                .unwrap_or_default()
        };
        let mut files: Vec<PathBuf> = list(&self.path()).iter().flat_map(|launch| list(launch)).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "b"));
        files.sort();
        files
    }
}

fn open_store(root: &Folder, address: Address, launch: u64, limits: Limits) -> Store {
    let ledger = Account::new().ledger("otlp");
    Store::open(root, address, &format!("{launch:016x}"), limits, ledger).expect("a store")
}

/// Items that were given up, by the reason.
fn lost(store: &Store) -> BTreeMap<Loss, u64> {
    store.ledger.losses().into_iter().map(|((_, loss), items)| (loss, items)).collect()
}

fn dropped(why: &'static str, items: u64) -> BTreeMap<Loss, u64> {
    BTreeMap::from([(Loss::Dropped(why), items)])
}

/// Ends as a process does that is killed: locks go, nothing else happens.
fn kill(mut store: Store) {
    for launch in store.launches.drain(..) {
        drop(launch);
    }
}

/// All that is found, by the names of the spans.
fn drain(store: &mut Store) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(found) = store.oldest() {
        let crate::otlp::Decoded::Traces(request) = found.batch.decoded().expect("spans") else { panic!() };
        names.push(request.resource_spans[0].scope_spans[0].spans[0].name.clone());
        store.release(found.ticket);
    }
    names
}

fn keep(store: &mut Store, names: &[&str], live: bool) {
    for name in names {
        store.keep(&named(1, name), live).expect("kept");
    }
}

/// SPL-1, SPL-3: what a killed launch has left is found by the next one, oldest first, and nothing is left behind.
#[test]
fn what_a_launch_leaves_the_next_one_finds_in_its_order() {
    let place = Place::new();
    let mut store = place.open(1);
    keep(&mut store, &["a", "b"], true);
    keep(&mut store, &["c"], false);
    kill(store);
    assert_eq!(place.files().len(), 3);
    // The next one starts in another millisecond.
    std::thread::sleep(Duration::from_millis(2));

    let mut next = place.open(2);
    keep(&mut next, &["d"], false);
    assert_eq!(drain(&mut next), ["a", "b", "c", "d"]);
    assert_eq!((place.files(), next.bytes()), (vec![], 0));
    drop(next);
    let left: Vec<_> = fs::read_dir(place.path()).expect("there").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_delivered_is_gone_and_what_is_in_memory_is_not_found() {
    let place = Place::new();
    let mut store = place.open(1);
    let ticket = store.keep(&named(1, "a"), true).expect("kept");
    assert!(store.oldest().is_none());
    store.release(ticket);
    store.release(ticket);
    assert_eq!((place.files().len(), store.bytes()), (0, 0));
}

/// SPL-4: of two launches that live at the same time nobody takes what is the other's; of one that is gone, one takes it.
#[test]
fn a_launch_that_lives_keeps_what_is_its() {
    let place = Place::new();
    let mut first = place.open(1);
    keep(&mut first, &["a"], true);
    let mut second = place.open(2);
    let mut third = place.open(3);
    assert!(second.oldest().is_none() && third.oldest().is_none());
    kill(first);
    second.adopt();
    third.adopt();
    assert_eq!(drain(&mut second), ["a"]);
    assert!(third.oldest().is_none());
}

/// SPL-5: in bytes and in files; what is oldest goes first, and is counted.
#[test]
fn the_oldest_make_room() {
    let place = Place::new();
    let mut store = place.open_with(1, Limits { files: 3, ..Limits::default() });
    for name in ["a", "b", "c", "d", "e"] {
        store.keep(&named(7, name), false).expect("kept");
    }
    assert_eq!(lost(&store), dropped("the spool is full", 14));
    assert_eq!(drain(&mut store), ["c", "d", "e"]);

    let long = "x".repeat(1000);
    let mut store = place.open_with(2, Limits { bytes: 2500, ..Limits::default() });
    let kept: Vec<bool> = (0..3).map(|_| store.keep(&named(1, &long), true).is_ok()).collect();
    assert_eq!(kept, [true, true, false], "what is in memory as well is not removed for others");
    assert!(store.keep(&named(1, &"x".repeat(3000)), true).is_err());
    kill(store);
    let mut tight = place.open_with(3, Limits { bytes: 1500, ..Limits::default() });
    assert_eq!(drain(&mut tight).len(), 1);
    assert_eq!(lost(&tight), dropped("the spool is full", 1));
}

/// SPL-7: whatever lies there, the start does not fail, and what is whole is found.
#[test]
fn what_is_damaged_costs_nothing_else() {
    let place = Place::new();
    let mut store = place.open(1);
    keep(&mut store, &["a", "b", "c", "d"], true);
    kill(store);
    let files = place.files();
    fs::write(&files[0], b"").expect("emptied");
    let mut bytes = fs::read(&files[2]).expect("read");
    bytes.reverse();
    fs::write(&files[2], bytes).expect("spoilt");
    let launch = files[0].parent().expect("a folder").to_owned();
    std::os::unix::fs::symlink(&files[1], launch.join("1000000000000-000001-0-t1.b")).expect("a link");
    fs::create_dir(launch.join("1000000000000-000002-0-t1.b")).expect("a folder");
    fs::write(launch.join(".t9"), "half").expect("written");
    fs::write(launch.join("notes.txt"), "somebody's").expect("written");
    fs::write(place.path().join("0123456789abcdef"), "a file").expect("written");

    let mut next = place.open(2);
    assert_eq!(drain(&mut next), ["b", "d"]);
    assert_eq!(lost(&next), dropped("damaged", 2));
    assert!(!launch.join(".t9").exists(), "SPL-14");
    assert!(launch.join("notes.txt").exists());
    assert_eq!(fs::read_dir(place.path().join("bad")).expect("there").count(), 2);
}

/// SPL-9.
#[test]
fn a_batch_goes_only_where_it_was_written_for() {
    let place = Place::new();
    let mut store = place.open(1);
    keep(&mut store, &["a"], true);
    kill(store);
    let root = Folder::open(&place.root.path().join("spool")).expect("ours");
    let elsewhere = Address([2; 16]);
    let mut other = open_store(&root, elsewhere, 255, Limits::default());
    assert!(other.oldest().is_none());
    drop(other);

    // Not even if somebody moves its folder.
    let file = place.files().remove(0);
    let folder = place.root.path().join("spool").join(elsewhere.to_string()).join("00000000000000aa");
    fs::create_dir_all(&folder).expect("made");
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("a mode");
    fs::rename(&file, folder.join(file.file_name().expect("a name"))).expect("moved");
    let mut other = open_store(&root, elsewhere, 255, Limits::default());
    assert!(other.oldest().is_none());
    assert_eq!(lost(&other), dropped("damaged", 1));
}

/// SPL-10.
#[test]
fn what_kills_is_tried_three_times() {
    let place = Place::new();
    let mut store = place.open(0);
    keep(&mut store, &["poison"], true);
    kill(store);
    for launch in 1..=3 {
        let mut store = place.open(launch);
        assert!(store.oldest().is_some(), "{launch}");
        kill(store);
    }
    let mut store = place.open(4);
    assert!(store.oldest().is_none());
    assert_eq!(lost(&store), dropped("tried too often", 1));
    assert_eq!(fs::read_dir(place.path().join("bad")).expect("there").count(), 1);
}

#[test]
fn what_is_too_old_is_not_sent() {
    let place = Place::new();
    let mut store = place.open(1);
    keep(&mut store, &["a"], true);
    kill(store);
    let mut next = place.open_with(2, Limits { age: Duration::ZERO, ..Limits::default() });
    std::thread::sleep(Duration::from_millis(5));
    assert!(next.oldest().is_none());
    assert_eq!(lost(&next), dropped("too old", 1));
    assert!(place.files().is_empty());
}

/// SPL-7, at random: bits, cuts, splices and strangers of 2,000 files.
#[test]
fn two_thousand_mutations() {
    let place = Place::new();
    let mut store = place.open(1);
    keep(&mut store, &["a", "b"], true);
    kill(store);
    let originals: Vec<Vec<u8>> = place.files().iter().map(|path| fs::read(path).expect("read")).collect();
    place.files().iter().for_each(|path| fs::remove_file(path).expect("removed"));
    let launch = place.path().join(format!("{:016x}", 1));

    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below.max(1) as u64) as usize
    };
    let mut whole = 0;
    for number in 0..2000 {
        let mut bytes = originals[random(2)].clone();
        match random(5) {
            0 => bytes.truncate(random(bytes.len())),
            1 => (0..=random(8)).for_each(|_| {
                let at = random(bytes.len());
                bytes[at] ^= 1 << random(8);
            }),
            2 => {
                let at = random(bytes.len());
                bytes.splice(at..at, originals[random(2)].iter().copied().take(9).collect::<Vec<_>>());
            }
            3 => bytes.extend((0..random(50)).map(|n| n as u8)),
            _ => bytes.iter_mut().for_each(|byte| *byte = random(256) as u8),
        }
        whole += usize::from(originals.contains(&bytes));
        fs::write(launch.join(format!("{:013}-{number:06}-0-t1.b", 1_790_000_000_000_u64)), bytes)
            .expect("written");
    }
    fs::write(launch.join(LOCK), "").expect("written");
    let mut next = place.open(2);
    assert_eq!(drain(&mut next).len(), whole);
    assert_eq!(lost(&next), dropped("damaged", 2000 - whole as u64));
}
