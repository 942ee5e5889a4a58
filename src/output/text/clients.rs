//! Who called.

use super::fit;
use super::page::Page;
use super::sheet::{CALL, Sheet};
use super::table::{list, number, words};
use crate::output::number::{Noun, bytes, grouped, ratio, share};
use crate::report::{Bytes, ClientGroupRow, ClientRow, Report};

/// Commands that a client's row names.
const COMMANDS: usize = 3;

/// Kind of group, heading, row, what stands for those without, and whether that alone is worth a table.
const GROUPS: [(&str, &str, Noun, &str, bool); 4] = [
    ("name", "CLIENTS BY NAME", Noun("name", "names"), "(no name)", false),
    ("user", "CLIENTS BY USER", Noun("user", "users"), "(no user)", false),
    ("ip", "CLIENTS BY IP", Noun("IP", "IPs"), "(no IP)", true),
    ("library", "CLIENTS BY LIBRARY", Noun("library", "libraries"), "(no library)", false),
];

/// Calls by what clients have in common.
pub fn groups(report: &Report, page: &mut Page) {
    for (by, title, row, none, always) in GROUPS {
        let rows: Vec<&ClientGroupRow> =
            report.client_groups.rows.iter().filter(|row| row.by == by).collect();
        if !always && rows.iter().all(|row| row.value.0.is_empty()) {
            continue;
        }
        let columns = [words(row.0, 0, 16), number("calls", 0), number("share", 1), number("connections", 2)];
        let sheet = Sheet {
            title,
            row,
            unit: Some(CALL),
            rows: &rows,
            other: None,
            total: report.clients.total,
            joint: ", ",
        };
        sheet.write(page, &columns, |row| {
            let value = if row.value.0.is_empty() { none.to_owned() } else { fit::name(&row.value) };
            vec![
                value.into(),
                grouped(row.calls).into(),
                share(row.share).into(),
                grouped(row.connections).into(),
            ]
        });
    }
}

/// Calls by client address.
pub fn clients(report: &Report, page: &mut Page) {
    let columns = [
        words("client", 0, 21),
        words("name", 2, 12),
        number("calls", 0),
        number("share", 1),
        number("arguments", 4),
        number("in scripts", 6),
        words("user", 5, 8),
        words("library", 7, 8),
        list("commands", 3, 20),
    ];
    Sheet::of("CLIENTS", Noun("client", "clients"), CALL, &report.clients).write(page, &columns, |row| {
        let known = |value: &Option<Bytes>| value.as_ref().map(fit::name).unwrap_or_default();
        vec![
            fit::client(&row.client).into(),
            known(&row.name).into(),
            grouped(row.calls).into(),
            share(row.share).into(),
            bytes(row.payload_bytes).into(),
            Some(row.in_scripts).filter(|calls| *calls > 0).map(grouped).unwrap_or_default().into(),
            known(&row.user).into(),
            known(&row.library).into(),
            commands(row).into(),
        ]
    });
}

/// `GET 80.0 %, SET 15.0 %, DEL 5.0 %`, of the client's calls.
fn commands(row: &ClientRow) -> String {
    let shown: Vec<String> = row
        .commands
        .iter()
        .take(COMMANDS)
        .map(|command| format!("{} {}", fit::name(&command.command), share(ratio(command.calls, row.calls))))
        .collect();
    shown.join(", ")
}
