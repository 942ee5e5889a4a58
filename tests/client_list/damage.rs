//! Cuts, flipped bytes, block sizes and threads.

use redtrail::format::Kind;
use redtrail::options::{Analysis, Reading};

use crate::common::{analysis, cases, content, fixture, report_of};

#[test]
fn ends_that_were_cut_off_are_counted() {
    let row = "id=14 addr=127.0.0.1:1 fd=8 name=a age=5 idle=0 flags=N cmd=get\n";
    for (text, records, rejected, truncated) in [
        (format!("{row}id=15 addr=127.0.0.1:2 fd=9 na"), 1, 0, 1),
        (format!("{row}id=15"), 1, 0, 1),
        (row[1..].to_owned() + row, 1, 0, 1),
        (row[3..].to_owned() + row, 1, 0, 1),
        (row[6..].to_owned() + row, 2, 0, 0),
        (row[8..].to_owned() + row, 1, 0, 1),
        (format!("{row}{}", &row[8..]), 1, 1, 0),
        (format!("{row}{}{row}", row.trim_end()), 1, 1, 0),
        (format!("{row}id=15 addr=127.0.0.1:2\n"), 1, 1, 0),
        ("[{'id': '5', 'addr': 'a:1', 'fd': '8'}, {'id': '6', 'ad".to_owned(), 1, 0, 1),
        (format!("\"{}\\nid=15 addr=1", row.trim_end()), 1, 0, 1),
        (format!("[\"{0}\\n\",\"id=15 addr=b:1\\n\",\"{0}\\n\"]\n", row.trim_end()), 2, 1, 0),
        (format!("[\"{0}\\n\",\"{1}\",\"x\"]\n", row.trim_end(), &row.trim_end()[8..]), 1, 1, 0),
        (format!("[\"{0}\\n\",\"{0} {0}\\n\"]\n", row.trim_end()), 1, 1, 0),
        (format!("[\"{0}\\n\",\"id=15 addr=b", row.trim_end()), 1, 0, 1),
        (format!("[\"id=13 fd=8\",\"{0}\\n\"]\n", row.trim_end()), 1, 1, 0),
        (format!("[\"OK\",[\"{0}\\n\",\"id=15\"]]\n", row.trim_end()), 1, 1, 0),
    ] {
        let report = report_of(text.as_bytes(), "x.log", &analysis(1 << 20, 1));
        let input = &report.inputs[0];
        assert_eq!(
            (input.records, input.rejected, input.truncated),
            (records, rejected, truncated),
            "{text}"
        );
        assert_eq!(input.accounted.sum(), text.len() as u64, "{text}");
    }
}

#[test]
fn blocks_and_threads_change_nothing() {
    let mut texts: Vec<Vec<u8>> = cases().iter().map(|path| content(path)).collect();
    texts.push(texts.concat());
    texts.push(content(&fixture("captures-client-list/redis-2.8.24/clients-series.log")));
    for text in texts {
        let shown =
            |options: &Analysis| serde_json::to_string(&report_of(&text, "clients.log", options)).unwrap();
        let whole = shown(&analysis(1 << 20, 1));
        for (block, threads) in [(1, 2), (100, 1), (1_000, 3), (10_000, 2)] {
            assert_eq!(shown(&analysis(block, threads)), whole, "blocks of {block}, {threads} threads");
        }
    }
}

#[test]
fn damage_is_counted_and_never_ends_the_run() {
    let forced = |block_bytes| {
        let reading = Reading { kind: Some(Kind::ClientList), block_bytes, threads: 1, ..Reading::default() };
        Analysis { reading, ..Analysis::default() }
    };
    let check = |text: &[u8]| {
        let report = report_of(text, "x.log", &forced(1 << 20));
        assert_eq!(report.inputs[0].accounted.sum(), text.len() as u64, "{}", text.escape_ascii());
        assert_eq!(
            report.inputs[0].records,
            report.connections.snapshots.iter().map(|row| row.total).sum::<u64>()
        );
    };
    let mut state = 1_u64;
    let mut dice = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for path in cases() {
        let text = content(&path);
        let step = if text.len() > 1_000 { 7 } else { 1 };
        for end in (0..text.len()).step_by(step) {
            check(&text[..end]);
        }
        for _ in 0..60 {
            let mut text = text.clone();
            for _ in 0..1 + dice(4) {
                let at = dice(text.len());
                match dice(3) {
                    0 => text[at] = dice(256) as u8,
                    1 => drop(text.remove(at)),
                    _ => text.insert(at, b"\n\"'{} =\\\r"[dice(9)]),
                }
            }
            check(&text);
        }
    }
}
