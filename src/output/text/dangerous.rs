//! Calls that can harm a server: who made them, why they matter, where the first one stands.

use super::fit;
use super::page::{Page, Paint};
use super::sheet::{CALL, Sheet};
use super::table::{Cell, number, words};
use crate::output::number::{Noun, grouped};
use crate::report::{ClientCalls, Report};

/// Clients that a row names.
const WHO: usize = 3;

/// Calls of dangerous commands.
pub fn dangerous(report: &Report, page: &mut Page) {
    let columns = [words("command", 0, 16), number("calls", 0), words("first", 1, 8), words("last", 2, 8)];
    let sheet = Sheet::of("DANGEROUS COMMANDS", Noun("command", "commands"), CALL, &report.dangerous);
    let clock = page.clock;
    sheet.write_noted(
        page,
        &columns,
        |row| {
            vec![
                Cell::new(fit::name(&row.command), Paint::Red),
                grouped(row.calls).into(),
                clock.instant(row.first).into(),
                clock.instant(row.last).into(),
            ]
        },
        |row, page| {
            page.parts(4, &who(&row.clients), Paint::Plain);
            page.prose(4, row.why, Paint::Plain);
            let shown = if page.view.verbose { row.examples.len() } else { 1 };
            for example in row.examples.iter().take(shown) {
                page.place(4, &example.path, example.line, "");
                page.quote(6, &example.text);
            }
        },
    );
}

/// `by legacy-report (4 calls)`, `10.0.3.9:52110 (2 calls)`, `4 more`; a client that is alone
/// made all calls.
fn who(clients: &[ClientCalls]) -> Vec<String> {
    let mut parts: Vec<String> = clients
        .iter()
        .take(WHO)
        .map(|client| {
            let name = fit::client(client.name.as_ref().unwrap_or(&client.client));
            if clients.len() == 1 { name } else { format!("{name} ({})", CALL.count(client.calls)) }
        })
        .collect();
    if let Some(first) = parts.first_mut() {
        first.insert_str(0, "by ");
    }
    if clients.len() > WHO {
        parts.push(format!("{} more", grouped((clients.len() - WHO) as u64)));
    }
    parts
}
