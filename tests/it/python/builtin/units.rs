//! Parts of the shim by themselves, in every interpreter that it is for.

use super::super::{file, interpreters::interpreters};
use crate::support::process::{Process, bare};

#[test]
fn in_every_version() {
    let shim = file("../../../shims/python");
    for interpreter in interpreters() {
        let mut command = bare([&interpreter]);
        command.arg("-B").arg(file("builtin/units.py")).arg(&shim);
        let finished = Process::start(&mut command).finish();
        assert!(finished.status.success(), "{}: {}", interpreter.display(), finished.stderr);
    }
}
