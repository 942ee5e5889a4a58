//! Files that are whole or not there: written under another name until nothing is missing.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::notation::escape;
use crate::error::{Error, Result};

/// A file while it is written. Where that fails, what an earlier run left under its name stays as it is.
pub struct Whole {
    /// What was asked for.
    path: PathBuf,
    /// Where it is written, and what becomes of that; `None` where there is nothing to rename: a device, a pipe.
    names: Option<(PathBuf, PathBuf)>,
    is_begun: bool,
}

impl Whole {
    /// For the file at `path`, which nothing is done to yet.
    pub fn new(path: PathBuf) -> Whole {
        // A link stays a link.
        let there = fs::canonicalize(&path).ok();
        let names = match &there {
            Some(there) if !there.is_file() => None,
            there => {
                let whole = there.clone().unwrap_or_else(|| path.clone());
                let mut partial = whole.clone().into_os_string();
                partial.push(".partial");
                Some((partial.into(), whole))
            }
        };
        Whole { path, names, is_begun: false }
    }

    /// Opens it.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn create(&mut self) -> Result<BufWriter<File>> {
        let path = self.names.as_ref().map_or(&self.path, |(partial, _)| partial);
        let file = File::create(path).map_err(|error| self.failed(error))?;
        self.is_begun = true;
        Ok(BufWriter::new(file))
    }

    /// Gives what was written its name, in place of what an earlier run left.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn publish(mut self) -> Result<()> {
        if let Some((partial, whole)) = &self.names {
            fs::rename(partial, whole).map_err(|error| self.failed(error))?;
        }
        self.is_begun = false;
        Ok(())
    }

    /// What the system says, with the file it was said of.
    pub fn failed(&self, source: io::Error) -> Error {
        Error::io(self.complaint(), source)
    }

    /// What cannot be done where this fails.
    pub fn complaint(&self) -> String {
        format!("cannot write {}", shown(&self.path))
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let (true, Some((partial, _))) = (self.is_begun, &self.names) {
            // It is of no use; that it cannot be removed either is no news.
            let _ = fs::remove_file(partial);
        }
    }
}

/// A path as it may be shown.
pub fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_is_whole_or_what_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        let names = || fs::read_dir(dir.path()).unwrap().count();
        for (text, is_done, expected) in [
            ("first", false, None),
            ("first", true, Some("first")),
            ("second", false, Some("first")),
            ("second", true, Some("second")),
        ] {
            let mut whole = Whole::new(path.clone());
            let mut out = whole.create().unwrap();
            out.write_all(text.as_bytes()).unwrap();
            drop(out);
            if is_done {
                whole.publish().unwrap();
            } else {
                drop(whole);
            }
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), expected);
            assert_eq!(names(), usize::from(expected.is_some()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let (there, link) = (dir.path().join("there"), dir.path().join("link"));
        fs::write(&there, "old").unwrap();
        std::os::unix::fs::symlink(&there, &link).unwrap();
        let mut whole = Whole::new(link.clone());
        whole.create().unwrap().write_all(b"new").unwrap();
        whole.publish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&there).unwrap(), b"new");

        let mut whole = Whole::new("/dev/null".into());
        whole.create().unwrap().write_all(b"gone").unwrap();
        whole.publish().unwrap();
        assert!(!Path::new("/dev/null").is_file());

        let mut whole = Whole::new(dir.path().join("no\x1b\n/x"));
        let error = whole.create().unwrap_err().to_string();
        assert!(error.contains(r"no\x1b\n/x"), "{error}");
    }
}
