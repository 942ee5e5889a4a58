//! `text`: the report for a person at a terminal, most important first.
//!
//! A section is one function in a file of its own and one line in `SECTIONS`. A section that has
//! nothing to say writes nothing.

use std::io::{self, Write};

use super::{Render, View};
use crate::report::Report;

mod activity;
mod clients;
mod connections;
mod dangerous;
mod end;
mod events;
mod findings;
mod fit;
mod head;
mod info;
mod keys;
mod page;
mod sheet;
mod slowlog;
mod table;

use page::Page;

#[cfg(test)]
mod tests;

/// The sections in the order of their weight.
const SECTIONS: &[fn(&Report, &mut Page)] = &[
    head::summary,
    head::inputs,
    findings::findings,
    activity::timeline,
    dangerous::dangerous,
    slowlog::slowlog,
    activity::commands,
    clients::groups,
    clients::clients,
    keys::patterns,
    keys::hot_keys,
    keys::collections,
    activity::databases,
    info::info,
    events::events,
    events::patterns,
    events::databases,
    events::gaps,
    connections::summary,
    connections::growth,
    connections::rows,
    findings::remarks,
    end::unread,
    end::bounds,
];

/// The report as text.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// How to show it.
    pub view: View,
}

impl Render for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn suffix(&self) -> &'static str {
        "txt"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self.view, report);
        for section in SECTIONS {
            section(report, &mut page);
        }
        out.write_all(page.into_text().as_bytes())
    }
}
