//! Runs the `redtrail` command.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};

/// What a run came to.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `redtrail` with `args`, `stdin` on its standard input.
pub fn run<S: AsRef<OsStr>>(args: &[S], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_redtrail"))
        .args(args)
        .env_remove("NO_COLOR")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to_child = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // Who reads no standard input closes it.
    let writer = std::thread::spawn(move || drop(to_child.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
