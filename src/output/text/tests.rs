//! What the page looks like, whole.

use console::{measure_text_width, strip_ansi_codes};

use super::*;
use crate::output::notation::Time;
use crate::output::sample::*;
use crate::output::top;
use crate::report::TimelineRow;

fn text(report: &Report, view: View) -> String {
    let mut out = Vec::new();
    Text { view }.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn at(width: usize) -> View {
    View { width, ..View::default() }
}

#[test]
fn the_page_as_people_see_it() {
    let verbose = View { verbose: true, top: 3, ..at(100) };
    for (report, view, page) in [
        (incident(), at(80), include_str!("golden/incident-80.txt")),
        (incident(), at(140), include_str!("golden/incident-140.txt")),
        (incident(), verbose, include_str!("golden/incident-verbose.txt")),
        (hostile(), at(80), include_str!("golden/hostile-80.txt")),
        (single(), at(80), include_str!("golden/single-80.txt")),
        (empty(), at(80), "redtrail 0.1.0 · 0 files, 0 B · 0 records\n"),
    ] {
        let shown = text(&report, view);
        assert!(shown == page, "the page is now\n{shown}");
    }
}

#[test]
fn no_line_is_wider_than_the_page_nor_moves_the_cursor() {
    let views = [(20, false, true), (3, true, false), (0, true, true)];
    for report in [incident(), hostile(), single()] {
        let widths = (0..=200).chain([1_000, usize::MAX]);
        for (width, (top, verbose, color)) in widths.zip(views.into_iter().cycle()) {
            let shown = text(&report, View { top, width, color, verbose });
            for line in strip_ansi_codes(&shown).lines() {
                assert!(measure_text_width(line) <= width.max(40), "{width}: {line}");
                assert!(!line.chars().any(char::is_control), "{line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn colour_says_nothing_of_its_own() {
    for report in [incident(), hostile()] {
        let colored = text(&report, View { color: true, ..at(100) });
        assert_eq!(strip_ansi_codes(&colored), text(&report, at(100)));
    }
    let colored = text(&incident(), View { color: true, ..at(100) });
    for piece in ["\x1b[1mCOMMANDS\x1b[0m", "\x1b[31mKEYS\x1b[0m", " 61.4 \x1b[2m%\x1b[0m"] {
        assert!(colored.contains(piece), "{piece:?}");
    }
}

#[test]
fn a_table_cut_before_shows_the_same_rest() {
    let whole = text(&incident(), View { top: 3, ..at(80) });
    let mut report = incident();
    top::cut(&mut report, 3);
    let cut = text(&report, at(80));
    for line in [
        "COMMANDS  24 commands, 2,005,390 calls\n",
        "  … and 21 more (3,810 calls, 0.2 %)\n",
        "  … and others (362 calls, <0.1 %)\n",
        "  … and 66 more (1,205 key references, 0.1 %)\n",
    ] {
        assert!(whole.contains(line) && cut.contains(line), "{line}");
    }
}

#[test]
fn files_past_the_top_are_summed() {
    let mut report = empty();
    for index in 0..25u64 {
        let (kind, dialect) = if index < 24 { ("monitor", "redis-cli") } else { ("empty", "") };
        let mut file = input(format!("{index:02}.log"), kind, dialect);
        file.records = index;
        file.error = (index == 22).then(|| "22.log: permission denied".to_owned());
        report.inputs.push(file);
    }
    let shown = text(&report, at(80));
    assert!(shown.contains("\n  19.log  MONITOR, redis-cli  19 records\n"), "{shown}");
    assert!(shown.ends_with("\n  … and 5 files more (110 records, 1 not read, 1 with errors)\n"), "{shown}");
}

#[test]
fn days_are_said_where_they_differ() {
    let mut report = incident();
    report.totals.last = Some(after(86_400));
    let shown = text(&report, at(80));
    for line in [
        "\n2026-11-20 17:03:39 – 2026-11-21 17:03:39 UTC, 1 d\n",
        "\n    2026-11-20 17:03:39–17:13:49 UTC, 10 min 10 s\n",
        "a column from 2026-11-20 17:03:39, peak",
        "over 10 s\n  at 2026-11-20 17:08:39\n",
        "\n  KEYS          6  2026-11-20 17:05:26  2026-11-20 17:10:19\n",
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
}

#[test]
fn the_timeline_fits_any_range() {
    let row = |micros, calls| TimelineRow {
        time: Time(micros),
        calls,
        reads: 0,
        writes: 0,
        dangerous: 0,
        ..TimelineRow::default()
    };
    let second = 1_000_000;
    for (rows, lines) in [
        (vec![], ""),
        (vec![row(0, 3)], "1 s a column from 00:00:00,\n  peak 3 calls/s at 00:00:00\n  calls      █\n"),
        // A blank is a time without calls.
        (
            vec![row(0, 4), row(second, 1), row(3 * second, 4)],
            "1 s a column from 00:00:00,\n  peak 4 calls/s at 00:00:00\n  calls      █▂ █\n",
        ),
        // 28 buckets in 27 columns take 14 columns of two.
        (
            vec![row(0, 1), row(second, 1), row(27 * second, 4)],
            "2 s a column from 00:00:00,\n  peak 4 calls/s at 00:00:27\n  calls      ▄            █\n",
        ),
    ] {
        let mut report = empty();
        report.timeline.rows = rows;
        let shown = text(&report, at(40));
        let timeline = shown.split_once("TIMELINE  ").map_or("", |(_, timeline)| timeline);
        assert_eq!(timeline, lines);
    }
    let mut report = empty();
    report.timeline.rows = vec![row(i64::MIN, 1), row(i64::MAX, u64::MAX)];
    let shown = text(&report, at(80));
    assert!(shown.ends_with(&format!("\n  calls      ▁{}█\n", " ".repeat(65))), "{shown}");
}
