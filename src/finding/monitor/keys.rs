//! What the rules about keys share.

use crate::finding::facts::subject;
use crate::finding::{Facts, append_most};
use crate::output::number::Noun;
use crate::report::findings::{Evidence, Finding};
use crate::report::{Bytes, Example};

/// Findings of one rule about patterns that are shown one by one.
const PATTERNS: usize = 20;

/// Keys.
pub const KEYS: Noun = Noun("key", "keys");

/// So many a second; what took less than a second is taken as one, so that a rate never passes the count.
pub fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds.max(1.0)
}

/// A key or pattern in a sentence.
pub fn named(bytes: &Bytes) -> String {
    if bytes.0.is_empty() { "\"\"".to_owned() } else { crate::masked::key(&bytes.0) }
}

/// A key or pattern as it may stand in a command to paste, also as SCAN's MATCH: printable ASCII that neither a
/// shell's user nor redis-cli nor a glob reads as something else.
pub fn pasted(bytes: &Bytes) -> Option<&str> {
    let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"*:._-/@#{}|+,=".contains(byte);
    let safe = !bytes.0.is_empty() && bytes.0.len() <= 128 && bytes.0.iter().all(is_safe);
    std::str::from_utf8(&bytes.0).ok().filter(|_| safe)
}

/// Records as evidence.
pub fn evidence<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Vec<Evidence> {
    examples.into_iter().map(super::evidence).collect()
}

/// Clients by name where they have one: `webapp, 10.0.3.17:4242 and others`.
pub fn who(addresses: &[Bytes], more: bool, facts: &Facts<'_>) -> String {
    let mut names: Vec<String> = Vec::new();
    for address in addresses {
        let text = facts.client(address).map_or(address, subject).text();
        if !names.contains(&text) {
            names.push(text);
        }
    }
    if more {
        names.push("others".to_owned());
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "unknown clients".to_owned(),
    }
}

/// The words of a pattern in lower case: `orderLock:{shop-7}` has `order`, `lock`, `shop`.
pub fn words(pattern: &Bytes) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for byte in pattern.0.iter() {
        let starts = !byte.is_ascii_alphabetic() || (was_lower && byte.is_ascii_uppercase());
        if starts {
            words.push(String::new());
        }
        if let (true, Some(word)) = (byte.is_ascii_alphabetic(), words.last_mut()) {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        was_lower = byte.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Appends what a rule found on patterns, the worst first. Past [`PATTERNS`] they are counted: a capture can hold
/// hundreds of thousands of patterns.
pub fn append(mut findings: Vec<Finding>, found: &mut Vec<Finding>) {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    append_most(findings, PATTERNS, "patterns", found);
}

/// Whether `text` has the form of `pattern`, in which `*` stands for anything.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(tail) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Settings;
    use crate::finding::tools::tests::row;
    use crate::report::{ClientRow, Report, Table};

    fn bytes(text: &str) -> Bytes {
        Bytes::from(text.as_bytes())
    }

    #[test]
    fn words_of_a_pattern() {
        for (pattern, expected) in [
            ("orderLock:{shop-7}", "order lock shop"),
            ("user_session:*", "user session"),
            ("CACHE:*:v2", "cache v"),
            ("*", ""),
            ("größe:*", "gr e"),
        ] {
            assert_eq!(words(&bytes(pattern)).join(" "), expected, "{pattern}");
        }
    }

    #[test]
    fn only_plain_names_are_pasted() {
        for (name, is_pasted) in [
            ("user:*:{cart}", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("a;b", false),
            ("a\nb", false),
            ("a[b]", false),
            ("größe", false),
        ] {
            assert_eq!(pasted(&bytes(name)).is_some(), is_pasted, "{name}");
        }
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, is_match) in [
            ("user:*", "user:7", true),
            ("user:*", "order:7", false),
            ("user:*:cart", "user:7:cart", true),
            ("user:*:cart", "user:7:carts", false),
            ("*:*", "a:b", true),
            ("*", "", true),
            ("plain", "plain", true),
            ("plain", "plainer", false),
        ] {
            assert_eq!(matches(pattern, text), is_match, "{pattern} {text}");
        }
    }

    #[test]
    fn clients_are_named_once() {
        let row = |address: &str, name: &str| ClientRow { name: Some(bytes(name)), ..row(address, "") };
        let report = Report {
            clients: Table {
                total: 2,
                rows: vec![row("1:1", "web"), row("1:2", "web"), row("1:3", "b")],
                other: None,
            },
            ..Report::default()
        };
        let settings = Settings::default();
        let conduct = Default::default();
        let facts = Facts::new(&report, &conduct, &settings);
        for (addresses, more, text) in [
            (&[][..], false, "unknown clients"),
            (&["1:1", "1:2"], false, "web"),
            (&["9:9", "1:2"], false, "9:9 and web"),
            (&["1:1", "9:9", "1:3"], true, "web, 9:9, b and others"),
        ] {
            let addresses: Vec<_> = addresses.iter().map(|address| bytes(address)).collect();
            assert_eq!(who(&addresses, more, &facts), text);
        }
    }
}
