//! From a name to its row: one hash of the name as the client wrote it, one comparison.
//!
//! The index is built at compile time, so nothing is set up at run time and nothing is locked.

use super::CommandId;
use super::table::{CONTAINERS, TABLE};
use crate::event::Args;

/// A command whose subcommands are rows of their own.
pub(super) struct Container {
    /// Upper case.
    pub(super) name: &'static str,
    /// The row of the bare name where that is a command too: COMMAND.
    pub(super) command: Option<CommandId>,
}

/// What a name stands for.
enum Entry {
    Command(CommandId),
    Container(&'static Container),
}

/// The row of a command. Names are decoded bytes in any case.
///
/// `subcommand` is `argv[1]` and counts for containers alone; a container without it, or with one it
/// does not have, is no command unless its bare name is one (COMMAND). The joined form that servers
/// print, `config|get`, is found too.
pub fn find(name: &[u8], subcommand: Option<&[u8]>) -> Option<CommandId> {
    match entry(name, None)? {
        Entry::Command(id) => Some(id),
        Entry::Container(container) => container.find(subcommand),
    }
}

/// Whether the command's `argv[1]` is a subcommand. In any case.
pub fn is_container(name: &[u8]) -> bool {
    matches!(entry(name, None), Some(Entry::Container(_)))
}

/// The row of the command that a call names.
pub fn resolve(args: &Args<'_>) -> Option<CommandId> {
    let mut scratch = Vec::new();
    match entry(args.get(0)?.bytes(&mut scratch), None)? {
        Entry::Command(id) => Some(id),
        Entry::Container(container) => {
            let subcommand = args.get(1);
            container.find(subcommand.as_ref().map(|text| text.bytes(&mut scratch)))
        }
    }
}

impl Container {
    fn find(&self, subcommand: Option<&[u8]>) -> Option<CommandId> {
        match subcommand.and_then(|subcommand| entry(self.name.as_bytes(), Some(subcommand))) {
            Some(Entry::Command(id)) => Some(id),
            _ => self.command,
        }
    }
}

/// Slots of the index: a power of two, over three times the number of names.
const SLOTS: usize = 2048;

/// A slot without a name.
const FREE: u16 = u16::MAX;

/// Bytes of the longest name.
const LONGEST: usize = longest();

/// Open addressing with linear probing: a number below `TABLE.len()` is a row, from there on a container.
static INDEX: [u16; SLOTS] = index();

fn entry(name: &[u8], subcommand: Option<&[u8]>) -> Option<Entry> {
    // A long argument cannot be a name and is not worth hashing.
    if name.len() + subcommand.map_or(0, |bytes| bytes.len() + 1) > LONGEST {
        return None;
    }
    let mut hash = fold(SEED, name);
    if let Some(subcommand) = subcommand {
        hash = fold(fold(hash, b"|"), subcommand);
    }
    let mut slot = slot(hash);
    loop {
        let number = INDEX.get(slot).copied().filter(|number| *number != FREE)?;
        let row = usize::from(number);
        if let Some(spec) = TABLE.get(row) {
            if is_named(spec.name, name, subcommand) {
                return Some(Entry::Command(CommandId(number)));
            }
        } else if let Some(container) = CONTAINERS.get(row - TABLE.len())
            && is_named(container.name, name, subcommand)
        {
            return Some(Entry::Container(container));
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// Whether `full` is `name`, or `name|subcommand`.
fn is_named(full: &str, name: &[u8], subcommand: Option<&[u8]>) -> bool {
    let Some((head, tail)) = full.as_bytes().split_at_checked(name.len()) else { return false };
    head.eq_ignore_ascii_case(name)
        && match (tail, subcommand) {
            ([], None) => true,
            ([b'|', tail @ ..], Some(subcommand)) => tail.eq_ignore_ascii_case(subcommand),
            _ => false,
        }
}

/// FNV-1a's offset basis, 32 bits.
const SEED: u32 = 0x811c_9dc5;

/// FNV-1a of the upper-cased bytes, from `hash` on.
const fn fold(mut hash: u32, mut bytes: &[u8]) -> u32 {
    while let [byte, rest @ ..] = bytes {
        hash = (hash ^ byte.to_ascii_uppercase() as u32).wrapping_mul(0x0100_0193);
        bytes = rest;
    }
    hash
}

const fn slot(hash: u32) -> usize {
    (hash ^ hash >> 16) as usize % SLOTS
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a wrong index is an error")]
const fn index() -> [u16; SLOTS] {
    let mut index = [FREE; SLOTS];
    let mut row = 0;
    while row < TABLE.len() {
        if !is_own(row) {
            insert(&mut index, TABLE[row].name, row);
        }
        row += 1;
    }
    let mut container = 0;
    while container < CONTAINERS.len() {
        insert(&mut index, CONTAINERS[container].name, TABLE.len() + container);
        container += 1;
    }
    index
}

/// Whether the row is that of a container's bare name, which is found through the container.
#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a wrong index is an error")]
const fn is_own(row: usize) -> bool {
    let mut container = 0;
    while container < CONTAINERS.len() {
        if let Some(command) = CONTAINERS[container].command
            && command.0 as usize == row
        {
            return true;
        }
        container += 1;
    }
    false
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a wrong index is an error")]
const fn insert(index: &mut [u16; SLOTS], name: &str, number: usize) {
    let mut slot = slot(fold(SEED, name.as_bytes()));
    while index[slot] != FREE {
        slot = (slot + 1) % SLOTS;
    }
    index[slot] = number as u16;
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where a wrong index is an error")]
const fn longest() -> usize {
    let mut longest = 0;
    let mut row = 0;
    while row < TABLE.len() {
        if TABLE[row].name.len() > longest {
            longest = TABLE[row].name.len();
        }
        row += 1;
    }
    longest
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::super::argument::Call;
    use super::super::{all, count};
    use super::*;

    fn name(name: &str, subcommand: Option<&str>) -> Option<&'static str> {
        find(name.as_bytes(), subcommand.map(str::as_bytes)).map(|id| id.spec().name)
    }

    #[test]
    fn names_are_found_in_any_case() {
        for (first, second, found) in [
            ("GET", None, Some("GET")),
            ("get", Some("anything"), Some("GET")),
            ("gEt", None, Some("GET")),
            ("config", Some("get"), Some("CONFIG|GET")),
            ("CONFIG", Some("SeT"), Some("CONFIG|SET")),
            ("config|get", None, Some("CONFIG|GET")),
            ("CONFIG", None, None),
            ("CONFIG", Some("NOPE"), None),
            ("CONFIG", Some(""), None),
            ("CONFIG", Some("GET|"), None),
            ("command", None, Some("COMMAND")),
            ("command", Some("docs"), Some("COMMAND|DOCS")),
            ("command", Some("nope"), Some("COMMAND")),
            ("DEBUG", Some("SLEEP"), Some("DEBUG")),
            ("json.get", None, Some("JSON.GET")),
            ("GE", None, None),
            ("GETT", None, None),
            ("", None, None),
            ("|", None, None),
            ("CONFIG|", None, None),
        ] {
            assert_eq!(name(first, second), found, "{first} {second:?}");
        }
        assert_eq!(find(&[b'G'; 1000], None), None);
        assert_eq!(find(b"CONFIG", Some(&[b'G'; 1000])), None);
        assert_eq!(find(b"\xff\0", None), None);
    }

    #[test]
    fn containers_are_known() {
        for container in
            "ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT \
            SENTINEL SLOWLOG XGROUP XINFO HOTKEYS COMMANDLOG"
                .split_whitespace()
        {
            assert!(is_container(container.as_bytes()), "{container}");
            assert!(is_container(container.to_lowercase().as_bytes()), "{container}");
        }
        for command in ["DEBUG", "GET", "JSON.DEBUG", "CONFIG|GET", "nope", ""] {
            assert!(!is_container(command.as_bytes()), "{command}");
        }
    }

    #[test]
    fn calls_are_resolved() {
        for (words, found) in [
            (&["get", "k"][..], Some("GET")),
            (&["Config", "Set", "a", "b"], Some("CONFIG|SET")),
            (&["config"], None),
            (&["COMMAND"], Some("COMMAND")),
            (&["nope", "k"], None),
        ] {
            for call in [Call::new(words), Call::escaped(words)] {
                assert_eq!(resolve(&call.args()).map(|id| id.spec().name), found, "{words:?}");
            }
        }
        assert_eq!(resolve(&Args::new(b"", &[])), None);
    }

    #[test]
    fn every_row_is_found_by_its_name() {
        for id in all() {
            let full = id.spec().name;
            let (first, second) = full.split_once('|').map_or((full, None), |(a, b)| (a, Some(b)));
            assert_eq!(name(first, second), Some(full));
            assert_eq!(name(&first.to_lowercase(), second.map(str::to_lowercase).as_deref()), Some(full));
        }
        assert!((count() + CONTAINERS.len()) * 3 < SLOTS, "the index needs more slots");
    }

    #[test]
    fn every_command_of_the_replies_is_found() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/commands");
        let mut seen = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.to_string_lossy().ends_with("-command.json") {
                continue;
            }
            let reply: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            for command in reply.as_array().unwrap() {
                let full = command[0].as_str().unwrap();
                let subcommands = command[9].as_array().unwrap();
                seen += 1 + subcommands.len();
                if subcommands.is_empty() {
                    assert_eq!(name(full, None), Some(&*full.to_uppercase()));
                }
                assert_eq!(is_container(full.as_bytes()), !subcommands.is_empty(), "{full}");
                for subcommand in subcommands {
                    let joined = subcommand[0].as_str().unwrap();
                    let (first, second) = joined.split_once('|').unwrap();
                    assert_eq!(name(first, Some(second)), Some(&*joined.to_uppercase()));
                }
            }
        }
        assert_eq!(seen, 366 + 379 + 373, "commands and subcommands of the three servers");
    }
}
