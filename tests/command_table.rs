//! Makes `src/command/table.rs` of `fixtures/commands`, and proves that it is what they make.
//!
//! `REDTRAIL_UPDATE=1 cargo test --test command_table` writes the file instead of comparing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The servers whose replies are at hand, oldest first: a later one's entry replaces an earlier one's.
const SERVERS: &[&str] = &["redis-7.0.15", "redis-7.4.1", "valkey-8.0.1"];

/// Categories that follow from a flag (`setImplicitACLCategories` in Redis's `src/server.c`).
const IMPLIED: &[(&str, &[&str])] = &[
    ("write", &["write"]),
    ("admin", &["admin", "dangerous"]),
    ("pubsub", &["pubsub"]),
    ("fast", &["fast"]),
    ("blocking", &["blocking"]),
];

/// What the table says of one command, as words of Rust where Rust is needed.
#[derive(Default)]
struct Row {
    arity: i64,
    flags: BTreeSet<String>,
    categories: BTreeSet<String>,
    group: String,
    complexity: String,
    keys: String,
    access: Option<String>,
    expiry: Option<String>,
    danger: Option<String>,
}

#[test]
fn the_table_is_what_the_fixtures_make() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = print(&gather(&root.join("fixtures/commands")));
    let path = root.join("src/command/table.rs");
    if std::env::var_os("REDTRAIL_UPDATE").is_some() {
        fs::write(&path, made).unwrap();
        return;
    }
    let found = fs::read_to_string(&path).unwrap();
    let differing = made.lines().zip(found.lines()).find(|(made, found)| made != found);
    assert!(
        made == found,
        "src/command/table.rs is not what fixtures/commands make; REDTRAIL_UPDATE=1 writes it anew. \
         First difference (made, found): {differing:#?}"
    );
}

fn gather(folder: &Path) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for server in SERVERS {
        let commands = read(folder.join(format!("{server}-command.json")));
        array(&commands).iter().for_each(|entry| add_reply(entry, &mut rows));
        add_docs(&read(folder.join(format!("{server}-docs.json"))), &mut rows);
    }
    for line in fs::read_to_string(folder.join("extra.tsv")).unwrap().lines() {
        if !line.is_empty() && !line.starts_with('#') {
            add_extra(line, &mut rows);
        }
    }
    rows.values_mut().for_each(imply);
    rows
}

/// Adds the categories that follow from flags.
fn imply(row: &mut Row) {
    let implied = IMPLIED.iter().filter(|(flag, _)| row.flags.contains(*flag));
    let mut words: Vec<&str> = implied.flat_map(|(_, words)| *words).copied().collect();
    if row.flags.contains("readonly") && !row.categories.contains("scripting") {
        words.push("read");
    }
    if !row.flags.contains("fast") {
        words.push("slow");
    }
    row.categories.extend(words.into_iter().map(str::to_owned));
}

fn read(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn words(value: &Value) -> BTreeSet<String> {
    array(value).iter().map(|word| word.as_str().unwrap().trim_start_matches('@').to_owned()).collect()
}

/// One entry of COMMAND: name, arity, flags, first, last, step, categories, tips, key specs, subcommands.
fn add_reply(entry: &Value, rows: &mut BTreeMap<String, Row>) {
    let name = entry[0].as_str().unwrap().to_uppercase();
    let row = Row {
        arity: entry[1].as_i64().unwrap(),
        flags: words(&entry[2]),
        categories: words(&entry[6]),
        keys: keys_of_specs(&name, array(&entry[8])),
        ..Row::default()
    };
    rows.insert(name, row);
    array(&entry[9]).iter().for_each(|subcommand| add_reply(subcommand, rows));
}

fn add_docs(docs: &Value, rows: &mut BTreeMap<String, Row>) {
    for (name, about) in docs.as_object().unwrap() {
        let row = rows.get_mut(&name.to_uppercase()).unwrap();
        row.group = about["group"].as_str().unwrap().to_owned();
        row.complexity = leading_terms(about["complexity"].as_str().unwrap_or_default()).to_owned();
        if about["subcommands"].is_object() {
            add_docs(&about["subcommands"], rows);
        }
    }
}

/// `O(N)+O(M*log(M))` of `O(N)+O(M*log(M)) with N being …`; empty where the text starts otherwise.
fn leading_terms(text: &str) -> &str {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        let term = if end == 0 { rest } else { rest.trim_start_matches([' ', '+']) };
        if !term.starts_with("O(") || end > 0 && !rest.trim_start().starts_with('+') {
            return &text[..end];
        }
        let mut depth = 0;
        let close = term.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ')' && depth == 0
        });
        end = text.len() - term.len() + close.unwrap() + 1;
    }
}

/// Rust for the key specs of a reply. A shape that is not known here fails, so that a new server's is seen.
fn keys_of_specs(name: &str, specs: &[Value]) -> String {
    let has = |spec: &Value, flag| words(&spec["flags"]).contains(flag);
    let number = |value: &Value| value.as_i64().unwrap();
    let mut ranges: Vec<(i64, i64, i64)> = Vec::new();
    let mut other = None;
    for spec in specs.iter().filter(|spec| !has(spec, "not_key")) {
        let (begin, find) = (&spec["begin_search"], &spec["find_keys"]);
        let (start, how) = (&begin["spec"], &find["spec"]);
        match (begin["type"].as_str().unwrap(), find["type"].as_str().unwrap()) {
            ("index", "range") => {
                let (first, last) = (number(&start["index"]), number(&how["lastkey"]));
                let last = if last < 0 { last } else { first + last };
                match ranges.last_mut() {
                    // SUNIONSTORE: the destination, then the sources.
                    Some((_, end, 1)) if *end + 1 == first => *end = last,
                    _ => ranges.push((first, last, number(&how["keystep"]))),
                }
            }
            ("index", "keynum") => {
                assert_eq!((number(&how["keynumidx"]), number(&how["firstkey"])), (0, 1), "{name}");
                let destination = ranges.pop().map(|range| range.0);
                other = Some(counted(number(&start["index"]), number(&how["keystep"]), destination));
            }
            ("keyword", _) => match start["keyword"].as_str().unwrap() {
                "STREAMS" => other = Some("Keys::Streams".to_owned()),
                "STORE" | "STOREDIST" => {
                    assert_eq!(ranges.drain(..).next_back().unwrap_or((1, 1, 1)), (1, 1, 1), "{name}");
                    other = Some(georadius(number(&start["startfrom"])));
                }
                // MIGRATE: extra.tsv says it.
                "KEYS" => {}
                word => panic!("{name}: {word}"),
            },
            // SORT: extra.tsv says it.
            ("unknown", _) => {}
            shape => panic!("{name}: {shape:?}"),
        }
    }
    match (other, &ranges[..]) {
        (Some(keys), []) => keys,
        (None, []) => "Keys::None".to_owned(),
        (None, [(first, last, step)]) => range(*first, *last, *step),
        _ => panic!("{name}: more specs than are understood"),
    }
}

fn range(first: i64, last: i64, step: i64) -> String {
    format!("Keys::Range {{ first: {first}, last: {last}, step: {step} }}")
}

fn counted(count: i64, step: i64, destination: Option<i64>) -> String {
    format!("Keys::Counted {{ count: {count}, step: {step}, destination: {destination:?} }}")
}

fn georadius(options: i64) -> String {
    format!("Keys::Georadius {{ options: {options} }}")
}

fn add_extra(line: &str, rows: &mut BTreeMap<String, Row>) {
    let columns: Vec<&str> = line.split('\t').collect();
    let set = |text: &str| text.split(' ').filter(|word| *word != "-").map(str::to_owned).collect();
    if let ["command", name, arity, flags, categories, group, keys, complexity] = columns[..] {
        let row = Row {
            arity: arity.parse().unwrap(),
            flags: set(flags),
            categories: set(categories),
            group: group.to_owned(),
            complexity: complexity.trim_matches('-').to_owned(),
            keys: keys_of_text(keys),
            ..Row::default()
        };
        assert!(rows.insert(name.to_owned(), row).is_none(), "already there: {line}");
        return;
    }
    let [what, name, value] = columns[..] else { panic!("columns: {line}") };
    let row = rows.get_mut(name).unwrap_or_else(|| panic!("no such command: {line}"));
    let before = match what {
        "keys" => {
            row.keys = keys_of_text(value);
            None
        }
        "access" => row.access.replace(value.to_owned()),
        "ttl" => row.expiry.replace(expiry(value)),
        "danger" => row.danger.replace(value.to_owned()),
        _ => panic!("first column: {line}"),
    };
    assert!(before.is_none(), "said twice: {line}");
}

fn keys_of_text(text: &str) -> String {
    let number = |text: &str| text.parse::<i64>().unwrap();
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["-"] => "Keys::None".to_owned(),
        ["streams"] => "Keys::Streams".to_owned(),
        ["sort"] => "Keys::Sort".to_owned(),
        ["migrate"] => "Keys::Migrate".to_owned(),
        ["georadius", at] => georadius(number(at)),
        ["count", at] => counted(number(at), 1, None),
        ["count", at, "step", step] => counted(number(at), number(step), None),
        ["count", at, "destination", key] => counted(number(at), 1, Some(number(key))),
        [range_text] => {
            let (positions, step) = range_text.split_once('/').unwrap_or((range_text, "1"));
            let (first, last) = positions.split_once("..").unwrap_or((positions, positions));
            range(number(first), number(last), number(step))
        }
        _ => panic!("keys: {text}"),
    }
}

fn expiry(text: &str) -> String {
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["clear", "all"] => "Expiry::Clear(Target::All)".to_owned(),
        ["clear", "first"] => "Expiry::Clear(Target::First)".to_owned(),
        ["options", first, "clear"] => format!("Expiry::Options {{ first: {first}, clears: true }}"),
        ["options", first, "keep"] => format!("Expiry::Options {{ first: {first}, clears: false }}"),
        ["pairs"] => "Expiry::Pairs".to_owned(),
        ["operand", at] => format!("Expiry::Operand({at})"),
        ["expire"] => "Expiry::Expire".to_owned(),
        ["restore"] => "Expiry::Restore".to_owned(),
        ["store"] => "Expiry::Store".to_owned(),
        _ => panic!("ttl: {text}"),
    }
}

/// The rule for what extra.tsv does not say, first match first. [`Access`](redtrail::command::Access)
/// explains the words.
fn access(name: &str, row: &Row) -> &'static str {
    let is = |category: &str| row.categories.contains(category);
    if is("scripting") {
        "Script"
    } else if is("transaction") {
        "Transaction"
    } else if is("pubsub") {
        "PubSub"
    } else if name.ends_with("|HELP") {
        "Connection"
    } else if is("admin") {
        "Admin"
    } else if is("write") {
        "Write"
    } else if is("read") {
        "Read"
    } else if is("connection") {
        "Connection"
    } else if ["server", "cluster", "sentinel"].contains(&&*row.group) {
        "Admin"
    } else {
        panic!("{name}: extra.tsv must say its access")
    }
}

fn print(rows: &BTreeMap<String, Row>) -> String {
    let containers: BTreeSet<&str> = rows.keys().filter_map(|name| Some(name.split_once('|')?.0)).collect();
    let mut table = String::new();
    let mut numbers = BTreeMap::new();
    for (name, row) in rows {
        // A container is a command of its own where its bare name may stand alone.
        if !containers.contains(&**name) || row.arity == -1 {
            numbers.insert(&**name, numbers.len());
            table.push_str(&print_row(name, row));
        }
    }
    let mut text = String::from(HEAD);
    write!(text, "#[rustfmt::skip]\npub(super) static TABLE: &[Spec] = &[\n{table}];\n").unwrap();
    text.push_str("\n/// Commands whose `argv[1]` is a subcommand.\n");
    text.push_str("#[rustfmt::skip]\npub(super) static CONTAINERS: &[Container] = &[\n");
    for name in containers {
        let command = numbers.get(name).map(|number| format!("Some(CommandId({number}))"));
        let command = command.as_deref().unwrap_or("None");
        writeln!(text, "    Container {{ name: {name:?}, command: {command} }},").unwrap();
    }
    text.push_str("];\n");
    text
}

const HEAD: &str = "\
//! What is known of each command, one row each, in order of the names.
//!
//! Made of `fixtures/commands` by `tests/command_table.rs`; not to be edited. This writes it anew:
//! `REDTRAIL_UPDATE=1 cargo test --test command_table`

use super::lookup::Container;
use super::{Access, Categories, CommandId, Expiry, Flags, Keys, Spec, Target};
use super::{Category as C, Flag as F};

/// The rows.
";

fn print_row(name: &str, row: &Row) -> String {
    let access = match row.access.as_deref() {
        Some("delete") => "Delete",
        Some("admin") => "Admin",
        Some("connection") => "Connection",
        Some(word) => panic!("{name}: {word}"),
        None => access(name, row),
    };
    format!(
        "    Spec {{ name: {name:?}, arity: {}, flags: Flags::of(&[{}]), categories: Categories::of(&[{}]), \
         access: Access::{access}, keys: {}, expiry: {}, complexity: {:?}, group: {:?}, danger: {:?} }},\n",
        row.arity,
        variants("F", &row.flags),
        variants("C", &row.categories),
        row.keys,
        row.expiry.as_deref().unwrap_or("Expiry::Keep"),
        row.complexity,
        row.group,
        row.danger,
    )
}

/// `F::Fast, F::NoAuth` of `fast` and `no_auth`.
fn variants(set: &str, words: &BTreeSet<String>) -> String {
    let variant = |word: &String| {
        let parts = word.split('_').map(|part| part[..1].to_uppercase() + &part[1..]);
        format!("{set}::{}", parts.collect::<String>())
    };
    words.iter().map(variant).collect::<Vec<_>>().join(", ")
}
