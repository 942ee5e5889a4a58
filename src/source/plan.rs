//! From the paths of the command line to the things to read, in their order.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::Item;

/// What a run is going to read.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of the paths; below a directory in byte order of the names.
    pub items: Vec<Item>,
    /// What is left out, and why.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// Bytes that the files hold on disk, as far as is known.
    pub fn stored_bytes(&self) -> u64 {
        let size = |item: &Item| match item {
            Item::File(path) => fs::metadata(path).map_or(0, |file| file.len()),
            Item::Stdin => 0,
        };
        self.items.iter().map(size).sum()
    }
}

/// A path that is left out.
#[derive(Debug)]
pub struct Problem {
    /// The path, as given or as found.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// A path to look at.
struct Step {
    path: PathBuf,
    /// What it is where it was found below a directory; `None` where it was named.
    found: Option<FileType>,
}

/// Files at and below the given paths; `-` is standard input.
///
/// Below a directory everything counts, hidden files too. Links to files are followed; links to
/// directories are not, so that a loop of links has an end. Sockets, devices and fifos found there
/// are problems, because opening one can wait for ever; a fifo or device that is named itself is read.
pub fn plan(paths: &[PathBuf]) -> Plan {
    let mut plan = Plan::default();
    // The next one is on top.
    let mut steps: Vec<Step> =
        paths.iter().rev().map(|path| Step { path: path.clone(), found: None }).collect();
    while let Some(Step { path, found }) = steps.pop() {
        if found.is_none() && path.as_os_str() == "-" {
            plan.items.push(Item::Stdin);
            continue;
        }
        let kind = match found {
            Some(kind) if !kind.is_symlink() => Ok(kind),
            _ => fs::metadata(&path).map(|target| target.file_type()),
        };
        match kind {
            Ok(kind) if kind.is_dir() => {
                if !found.is_some_and(|kind| kind.is_symlink()) {
                    let names = list(&path, &mut plan.problems).into_iter().rev();
                    steps.extend(names.map(|(name, kind)| Step { path: path.join(name), found: Some(kind) }));
                }
            }
            Ok(kind) if kind.is_file() || found.is_none() => plan.items.push(Item::File(path)),
            Ok(_) => {
                let error = io::Error::new(io::ErrorKind::Unsupported, "not a regular file");
                plan.problems.push(Problem { path, error });
            }
            Err(error) => plan.problems.push(Problem { path, error }),
        }
    }
    plan
}

/// The names in a directory, in byte order, and what they are.
fn list(path: &Path, problems: &mut Vec<Problem>) -> Vec<(OsString, FileType)> {
    let mut names = Vec::new();
    let mut problem = |error| problems.push(Problem { path: path.to_path_buf(), error });
    match fs::read_dir(path) {
        Ok(entries) => {
            for entry in entries {
                match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                    Ok(name) => names.push(name),
                    Err(error) => problem(error),
                }
            }
        }
        Err(error) => problem(error),
    }
    names.sort_by(|(a, _), (b, _)| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(plan: &Plan, root: &Path) -> (Vec<String>, Vec<String>) {
        let relative = |path: &PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let items = plan.items.iter().map(|item| match item {
            Item::File(path) => relative(path),
            Item::Stdin => "-".to_owned(),
        });
        (items.collect(), plan.problems.iter().map(|problem| relative(&problem.path)).collect())
    }

    #[test]
    fn directories_are_read_in_byte_order_of_names() {
        let root = tempfile::tempdir().unwrap();
        for name in ["b/z", "b/.hidden", "b/Ä", "b/Z", "b.log", "a", "b/c/deep"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let given =
            [root.path().join("b"), "-".into(), root.path().to_path_buf(), root.path().join("absent")];
        let (items, problems) = shown(&plan(&given), root.path());
        let below_b = ["b/.hidden", "b/Z", "b/c/deep", "b/z", "b/Ä"];
        let expected: Vec<&str> = [&below_b[..], &["-", "a"], &below_b[..], &["b.log"]].concat();
        assert_eq!(items, expected);
        assert_eq!(problems, ["absent"]);
    }

    #[test]
    #[cfg(unix)]
    fn links_to_files_are_followed_and_links_to_directories_are_not() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("d");
        fs::create_dir_all(below.join("e")).unwrap();
        fs::write(below.join("e/file"), "x").unwrap();
        symlink("e/file", below.join("link")).unwrap();
        symlink("..", below.join("e/loop")).unwrap();
        symlink("absent", below.join("dangling")).unwrap();
        symlink("d", root.path().join("given")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(below.join("socket")).unwrap();

        let (items, problems) = shown(&plan(std::slice::from_ref(&below)), root.path());
        assert_eq!(items, ["d/e/file", "d/link"]);
        assert_eq!(problems, ["d/dangling", "d/socket"]);

        let (items, _) = shown(&plan(&[root.path().join("given"), below.join("socket")]), root.path());
        assert_eq!(items, ["given/e/file", "given/link", "d/socket"], "what is named is taken");
    }
}
