//! Generated slow logs in every form but the raw one, written by independent few lines and read back.

use proptest::prelude::*;

use super::raw::{Logged, logged, poll};
use super::read::{Read, read, read_in_blocks};

/// A form, written by [`write`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Terminal,
    /// The same with carriage returns.
    Windows,
    Csv,
    Json,
    /// One element a line, as `jq` prints.
    Pretty,
    QuotedJson,
    JsonLines,
    CloudWatch,
    Python,
}

const FORMS: [Form; 9] = [
    Form::Terminal,
    Form::Windows,
    Form::Csv,
    Form::Json,
    Form::Pretty,
    Form::QuotedJson,
    Form::JsonLines,
    Form::CloudWatch,
    Form::Python,
];

fn bytes(text: String) -> Vec<u8> {
    text.into_bytes()
}

/// `sdscatrepr`.
fn repr(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in text {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0x07 => out.extend(b"\\a"),
            0x08 => out.extend(b"\\b"),
            b' '..=b'~' => out.push(*byte),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(b'"');
    out
}

/// `escapeJsonString` of redis-cli, which leaves bytes from 0x80 as they are.
fn json(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in text {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0x08 => out.extend(b"\\b"),
            0x0c => out.extend(b"\\f"),
            0..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}

/// `jsonStringOutput` of redis-cli for `--quoted-json`.
fn quoted_json(text: &[u8]) -> Vec<u8> {
    let doubled =
        repr(text).into_iter().flat_map(|byte| if byte == b'\\' { vec![byte; 2] } else { vec![byte] });
    doubled.collect()
}

/// Python's `repr` of bytes.
fn python(text: &[u8]) -> Vec<u8> {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = vec![b'b', quote];
    for byte in text {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            byte if *byte == quote => out.extend([b'\\', *byte]),
            b' '..=b'~' => out.push(*byte),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(quote);
    out
}

/// The elements of an entry: numbers, sizes, arguments, the rest.
fn elements(entry: &Logged, count: u8, string: fn(&[u8]) -> Vec<u8>, nested: bool) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = [entry.id, entry.seconds, entry.us].map(|n| bytes(n.to_string())).to_vec();
    if count == 5 {
        all.push(string(if entry.us.is_multiple_of(2) { b"Complexity info: N:4" } else { b"" }));
    }
    let args: Vec<_> = entry.args.iter().map(|arg| string(arg)).collect();
    if nested {
        all.push([&b"["[..], &args.join(&b","[..]), b"]"].concat());
    } else {
        all.extend(args);
    }
    if count > 5 {
        all.extend([string(&entry.client), string(&entry.name)]);
    }
    if count > 6 {
        all.push(bytes(entry.args.len().to_string()));
    }
    all
}

fn terminal(entries: &[Logged], count: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let width = entries.len().to_string().len();
    for (number, entry) in entries.iter().enumerate() {
        let indent = " ".repeat(width + 2);
        let numbers = [entry.id, entry.seconds, entry.us];
        out.extend(format!("{:>width$}) ", number + 1).bytes());
        for (at, number) in numbers.iter().enumerate() {
            let before = if at == 0 { "" } else { &indent };
            out.extend(format!("{before}{}) (integer) {number}\n", at + 1).bytes());
        }
        let mut field = 4;
        let mut text = |out: &mut Vec<u8>, text: Vec<u8>| {
            out.extend(format!("{indent}{field}) ").bytes());
            out.extend(text);
            out.push(b'\n');
            field += 1;
        };
        if count == 5 {
            text(&mut out, repr(if entry.us.is_multiple_of(2) { b"Complexity info: N:4" } else { b"" }));
        }
        let inner = entry.args.len().to_string().len();
        let args = entry.args.iter().enumerate();
        let args: Vec<_> =
            args.map(|(at, arg)| [bytes(format!("{:>inner$}) ", at + 1)), repr(arg)].concat()).collect();
        text(&mut out, args.join(format!("\n{indent}   ").as_bytes()));
        if count > 5 {
            text(&mut out, repr(&entry.client));
            text(&mut out, repr(&entry.name));
        }
        if count > 6 {
            text(&mut out, bytes(format!("(integer) {}", entry.args.len())));
        }
    }
    out
}

/// A poll in a form.
fn write(form: Form, entries: &[Logged], count: u8) -> Vec<u8> {
    let arrays = |string, inner: &[u8], outer: &[u8]| {
        let each: Vec<_> = entries
            .iter()
            .map(|entry| [&b"["[..], &elements(entry, count, string, true).join(inner), b"]"].concat())
            .collect();
        each.join(outer)
    };
    let object = |entry: &Logged| {
        let args: Vec<_> = entry.args.iter().map(|arg| json(arg)).collect();
        let (id, seconds, us) = (entry.id, entry.seconds, entry.us);
        let numbers = format!(r#"{{"id":{id},"start_time":{seconds},"duration":{us},"command":["#);
        let rest = [
            &b"],\"client_address\":"[..],
            &json(&entry.client),
            b",\"client_name\":",
            &json(&entry.name),
            b"}",
        ];
        [numbers.as_bytes(), &args.join(&b","[..]), &rest.concat()].concat()
    };
    match form {
        Form::Terminal => terminal(entries, count),
        Form::Windows => {
            let text = terminal(entries, count);
            text.into_iter()
                .flat_map(|byte| if byte == b'\n' { vec![b'\r', byte] } else { vec![byte] })
                .collect()
        }
        Form::Csv => {
            let each: Vec<_> =
                entries.iter().map(|entry| elements(entry, count, repr, false).join(&b","[..])).collect();
            [each.join(&b","[..]), b"\n".to_vec()].concat()
        }
        Form::Json => [b"[".to_vec(), arrays(json, b",", b","), b"]\n".to_vec()].concat(),
        Form::Pretty => [b"[\n  ".to_vec(), arrays(json, b",\n    ", b",\n  "), b"\n]\n".to_vec()].concat(),
        Form::QuotedJson => [b"[".to_vec(), arrays(quoted_json, b",", b","), b"]\n".to_vec()].concat(),
        Form::JsonLines => {
            entries.iter().flat_map(|entry| [object(entry), b"\n".to_vec()].concat()).collect()
        }
        Form::CloudWatch => {
            let line = |entry| {
                [&b"{\"timestamp\":1795173000000,\"message\":"[..], &json(&object(entry)), b"}\n"].concat()
            };
            entries.iter().flat_map(line).collect()
        }
        Form::Python => {
            let dict = |entry: &Logged| {
                let (id, seconds, us) = (entry.id, entry.seconds, entry.us);
                let numbers = format!("{{'id': {id}, 'start_time': {seconds}, 'duration': {us}, 'command': ");
                let texts = [python(&entry.args.join(&b' ')), python(&entry.client), python(&entry.name)];
                let [command, client, name] = &texts;
                [
                    numbers.as_bytes(),
                    command,
                    b", 'client_address': ",
                    client,
                    b", 'client_name': ",
                    name,
                    b"}",
                ]
                .concat()
            };
            let each: Vec<_> = entries.iter().map(dict).collect();
            [b"[".to_vec(), each.join(&b", "[..]), b"]\n".to_vec()].concat()
        }
    }
}

fn check(found: &Read, known: &[Logged], form: Form, count: u8) -> Result<(), TestCaseError> {
    prop_assert_eq!((&found.rejects[..], found.truncated), (&[][..], 0));
    prop_assert_eq!(found.entries.len(), known.len());
    let has_client = count > 5 || matches!(form, Form::JsonLines | Form::CloudWatch | Form::Python);
    for (entry, known) in found.entries.iter().zip(known) {
        prop_assert_eq!(
            (entry.id, entry.time, entry.us),
            (Some(known.id), known.seconds as i64 * 1_000_000, known.us)
        );
        let client = (Some(&known.client[..]), Some(&known.name[..]));
        let client = if has_client { client } else { (None, None) };
        prop_assert_eq!((entry.client.as_deref(), entry.name.as_deref()), client);
        if form == Form::Python {
            prop_assert_eq!(entry.args.join(&b' '), known.args.join(&b' '));
        } else {
            prop_assert!(entry.exact);
        }
        if entry.exact {
            prop_assert_eq!(&entry.args, &known.args);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_form_is_read_back(
        first in prop::collection::vec(logged(), 1..12),
        second in prop::collection::vec(logged(), 1..4),
        form in prop::sample::select(FORMS.to_vec()),
        count in prop::sample::select(vec![4_u8, 5, 6, 7]),
        separator in prop::sample::select(vec!["", "=== 2026-11-20T11:00:00Z ===\n", "\n", "(0.68s)\n"]),
        block in prop::sample::select(vec![1_usize, 50, 700]),
    ) {
        let mut known = poll(first, 30, 1_795_173_000, 6);
        let mut later = poll(second, 41, 1_795_173_100, 6);
        // One address at least shows what the last strings of an entry are.
        for poll in [&mut known, &mut later] {
            if let Some(entry) = poll.first_mut() {
                entry.client = b"10.0.0.9:1".to_vec();
            }
        }
        // As one without shows that they are arguments.
        if form == Form::Csv && count == 4 && let Some(entry) = known.first_mut() {
            entry.args = vec![b"PING".to_vec()];
        }
        let mut text = write(form, &known, count);
        text.extend_from_slice(separator.as_bytes());
        text.extend(write(form, &later, count));
        known.extend(later);
        let found = read(&text);
        check(&found, &known, form, count)?;
        prop_assert_eq!(read_in_blocks(&text, block), found);
    }
}
