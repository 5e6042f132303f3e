//! What is read: files that `--record` has written, or the standard input.

use super::documents::Documents;
use crate::error::Error;
use crate::notice;
use crate::otlp::Batch;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// One that is open.
pub(super) struct Input {
    name: String,
    documents: Documents<Box<dyn BufRead + Send>>,
}

/// Opens all of them (`-`: the standard input), before anything is done with one.
pub(super) fn open(files: &[PathBuf]) -> Result<Vec<Input>, Error> {
    files.iter().map(|path| open_one(path)).collect()
}

fn open_one(path: &Path) -> Result<Input, Error> {
    let (name, input): (String, Box<dyn BufRead + Send>) = if path.as_os_str() == "-" {
        ("standard input".to_owned(), Box::new(BufReader::new(io::stdin())))
    } else {
        let name = path.display().to_string();
        let file = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => Ok(file),
        });
        let file = file.map_err(|e| {
            Error::usage(format!("cannot read {name}: {e}"))
                .hint("name a file that --record has written, or - for the standard input")
        })?;
        (name, Box::new(BufReader::with_capacity(1 << 16, file)))
    };
    Ok(Input { name, documents: Documents::new(input) })
}

/// Gives the requests of each document to `take`, until that wants no more. False: some of the input was not taken, or
/// could not be read, which is said.
pub(super) fn each(inputs: Vec<Input>, mut take: impl FnMut(Vec<Batch>) -> bool) -> Result<bool, Error> {
    let mut complete = true;
    for Input { name, mut documents } in inputs {
        let failed = |e: io::Error| Error::launcher(format!("cannot read {name}: {e}"));
        while let Some(document) = documents.next().map_err(failed)? {
            match document {
                Ok(batches) => {
                    if !take(batches) {
                        return Ok(false);
                    }
                }
                Err(unreadable) => {
                    complete = false;
                    notice::warn("input", &format!("{name}, {unreadable}; it is passed over"));
                }
            }
        }
    }
    Ok(complete)
}
