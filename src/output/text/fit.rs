//! Makes text fit a number of columns. Widths are those of a terminal, not bytes or characters.

use std::collections::HashMap;

use console::measure_text_width as width;

use crate::report::Bytes;

/// A byte string of the capture as it stands in a line: in the notation, within quotes where its ends
/// could not be seen (a quote that belongs to it is escaped).
pub fn name(bytes: &Bytes) -> String {
    let text = bytes.text();
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    if blank(text.chars().next()) || blank(text.chars().next_back()) { format!("\"{text}\"") } else { text }
}

/// A client's name or address; a module's calls, and those of old servers, have neither.
pub fn client(bytes: &Bytes) -> String {
    if bytes.0.is_empty() { "(no address)".to_owned() } else { name(bytes) }
}

/// `text` in at most `columns`; what does not fit is taken out of the middle, `mark` in its place.
pub fn cut(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(mark));
    if room == 0 {
        return take(mark.chars(), columns);
    }
    let mut head = take(text.chars(), room.div_ceil(2));
    let tail: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    let mut tail = tail.as_str();
    loop {
        // What belongs to a character that is gone must not settle on the mark.
        tail = tail.trim_start_matches(|c| char_width(c) == 0);
        // Characters can be wider together than apart (a digit and a variation selector).
        if width(&head) + width(mark) + width(tail) <= columns {
            return format!("{head}{mark}{tail}");
        }
        if width(&head) >= width(tail) {
            head.pop();
        } else {
            let mut chars = tail.chars();
            chars.next();
            tail = chars.as_str();
        }
    }
}

fn char_width(c: char) -> usize {
    width(c.encode_utf8(&mut [0; 4]))
}

/// As many of `chars` as fit.
fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in chars {
        used += char_width(c);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out
}

/// The texts of a column, cut. Different texts that would look alike are numbered where they are cut.
pub fn column(texts: &[&str], columns: usize) -> Vec<String> {
    let mut seen: HashMap<String, (&str, u32)> = HashMap::new();
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        let shown = cut(text, columns, "…");
        let (first, twins) = seen.entry(shown.clone()).or_insert((text, 1));
        out.push(if first == text {
            shown
        } else {
            *twins += 1;
            cut(text, columns, &format!("…#{twins}…"))
        });
    }
    out
}

/// A list with its parts between `, `, in at most `columns`: parts that do not fit are left out from
/// the end, with `…` in their place.
pub fn list(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let ends = text.rmatch_indices(", ").filter_map(|(end, _)| text.get(..end));
    let mut shown = ends.map(|kept| format!("{kept}, …"));
    shown.find(|shown| width(shown) <= columns).unwrap_or_else(|| {
        let first = text.split_once(", ").map_or(text, |(first, _)| first);
        cut(first, columns, "…")
    })
}

/// Words packed into lines of at most `columns`, `separator` between two in a line; no line is empty.
pub fn pack<'a>(words: impl Iterator<Item = &'a str>, separator: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let word = cut(word, columns, "…");
        match lines.last_mut() {
            Some(line) if width(line) + width(separator) + width(&word) <= columns => {
                line.push_str(separator);
                line.push_str(&word);
            }
            _ if word.is_empty() => {}
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes() {
        for (text, columns, cut_text) in [
            ("session:7", 9, "session:7"),
            ("session:77", 9, "sess…n:77"),
            ("ключ:пользователь", 9, "ключ…тель"),
            ("界界界界界界", 8, "界界…界"),
            ("a\u{301}bcdefghij", 5, "a\u{301}b…ij"),
            ("abcdef", 1, "…"),
            ("abcdef", 2, "a…"),
            ("abcdef", 0, ""),
        ] {
            let shown = cut(text, columns, "…");
            assert_eq!(shown, cut_text);
            assert!(width(&shown) <= columns);
        }
        assert_eq!(cut("abcdef", 3, "…#2…"), "…#2");
    }

    #[test]
    fn lists_lose_their_last_parts() {
        for (text, columns, shown) in [
            ("GET 80 %, SET 15 %, DEL 5 %", 30, "GET 80 %, SET 15 %, DEL 5 %"),
            ("GET 80 %, SET 15 %, DEL 5 %", 22, "GET 80 %, SET 15 %, …"),
            ("GET 80 %, SET 15 %, DEL 5 %", 12, "GET 80 %, …"),
            ("GET 80 %, SET 15 %", 6, "GET… %"),
            ("MEMORY|USAGE 7 %, SCAN 1 %", 15, "MEMORY|…AGE 7 %"),
            ("MEMORY|USAGE", 7, "MEM…AGE"),
        ] {
            assert_eq!(list(text, columns), shown);
            assert!(width(&list(text, columns)) <= columns);
        }
    }

    #[test]
    fn characters_that_grow_together_still_fit() {
        let keycaps = "1\u{fe0f}".repeat(50);
        for columns in 0..60 {
            assert!(width(&cut(&keycaps, columns, "…")) <= columns);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_cut_fits_and_keeps_both_ends(text in "\\PC{0,60}", columns in 0usize..40) {
            let shown = cut(&text, columns, "…");
            proptest::prop_assert!(width(&shown) <= columns);
            match shown.split_once('…') {
                Some((head, tail)) if shown != text && !text.contains('…') => {
                    proptest::prop_assert!(text.starts_with(head) && text.ends_with(tail));
                }
                _ => proptest::prop_assert!(shown == text || columns == 0 || text.contains('…')),
            }
        }
    }

    #[test]
    fn different_names_look_different() {
        let (a, b, c) = ("k".repeat(20) + "1" + &"z".repeat(20), "k".repeat(40), "k".repeat(41));
        assert_eq!(column(&[&a, &b, &c, "k"], 12), ["kkkkkk…zzzzz", "kkkkkk…kkkkk", "kkkk…#2…kkkk", "k"]);
        // Equal ones look equal.
        assert_eq!(column(&[&b, &b], 5), ["kk…kk", "kk…kk"]);
    }

    #[test]
    fn lines_are_filled() {
        let pack = |words: &[&str], columns| pack(words.iter().copied(), " · ", columns);
        assert_eq!(pack(&["one", "two", "three"], 9), ["one · two", "three"]);
        assert_eq!(pack(&["one", "two"], 8), ["one", "two"]);
        assert_eq!(pack(&["0123456789"], 5), ["01…89"]);
        assert_eq!(pack(&["", "five5", ""], 5), ["five5"]);
        assert_eq!(pack(&[], 5), [""; 0]);
    }

    #[test]
    fn names_show_their_ends() {
        for (bytes, shown) in [
            (&b"a b"[..], "a b"),
            (b"", "\"\""),
            (b" a", "\" a\""),
            ("a\u{a0}".as_bytes(), "\"a\u{a0}\""),
            (b"\"\"", r#"\"\""#),
            (b"a\n", "a\\n"),
        ] {
            assert_eq!(name(&Bytes::from(bytes)), shown);
        }
    }
}
