//! Aligned columns. A column gives way where the page is narrow, the least important first; names get
//! the room that is left.

use console::measure_text_width as width;

use super::fit;
use super::page::{Page, Paint};

/// Columns of the page to the left of a table.
const INDENT: usize = 2;
/// Columns of the page between two columns of a table.
const GAP: usize = 2;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    title: &'static str,
    /// Numbers stand to the right and are never cut.
    right: bool,
    /// The lower, the longer it stays; 0 stays always.
    rank: u8,
    /// Text is cut down to this many columns of the page before a column gives way.
    least: usize,
    /// Text is cut where its parts end, from the last one on.
    list: bool,
}

/// A column of numbers.
pub const fn number(title: &'static str, rank: u8) -> Column {
    Column { title, right: true, rank, least: usize::MAX, list: false }
}

/// A column of names or words.
pub const fn words(title: &'static str, rank: u8, least: usize) -> Column {
    Column { title, right: false, rank, least, list: false }
}

/// A column of lists, the most important part first.
pub const fn list(title: &'static str, rank: u8, least: usize) -> Column {
    Column { title, right: false, rank, least, list: true }
}

/// What stands in a row and column.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    /// Text that stands out.
    pub fn new(text: impl Into<String>, paint: Paint) -> Self {
        Cell { text: text.into(), paint }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::new(text, Paint::Plain)
    }
}

/// A table as lines that fit the page.
#[derive(Debug)]
pub struct Lines {
    /// The titles of the columns.
    pub titles: String,
    /// One line a row.
    pub rows: Vec<String>,
    /// Whether every column is shown, and in full.
    pub whole: bool,
}

/// A column that was given room.
struct Slot<'a> {
    index: usize,
    column: &'a Column,
    /// Columns of the page that it cannot do without.
    least: usize,
    /// Columns of the page that show it in full.
    full: usize,
}

/// Lays out `rows`, one cell a column. The first column is the row's name; one in which no row says
/// anything is left out.
pub fn lay_out(page: &Page, columns: &[Column], rows: &[Vec<Cell>]) -> Lines {
    let room = page.view.width.saturating_sub(INDENT);
    let (slots, all) = choose(columns, rows, room);
    let whole = all && slots.iter().all(|slot| slot.least == slot.full);

    let mut titles = Vec::new();
    let mut lines: Vec<Vec<String>> = vec![Vec::new(); rows.len()];
    for (position, slot) in slots.iter().enumerate() {
        let pad = |text: &str, painted: String| {
            let blank = " ".repeat(slot.least.saturating_sub(width(text)));
            match (slot.column.right, position + 1 == slots.len()) {
                (true, _) => blank + &painted,
                (false, false) => painted + &blank,
                (false, true) => painted,
            }
        };
        titles.push(pad(slot.column.title, page.paint(slot.column.title, Paint::Dim)));
        let cells = rows.iter().map(|row| row.get(slot.index));
        let texts: Vec<&str> = cells.clone().map(|cell| cell.map_or("", |cell| cell.text.as_str())).collect();
        let shown = if slot.column.list {
            texts.iter().map(|text| fit::list(text, slot.least)).collect()
        } else {
            fit::column(&texts, slot.least)
        };
        for ((cell, text), line) in cells.zip(&shown).zip(&mut lines) {
            let painted = match (cell.map_or(Paint::Plain, |cell| cell.paint), text.rsplit_once(' ')) {
                // What follows the number is its unit.
                (Paint::Plain, Some((number, unit))) if slot.column.right => {
                    format!("{number} {}", page.paint(unit, Paint::Dim))
                }
                (paint, _) => page.paint(text, paint),
            };
            line.push(pad(text, painted));
        }
    }
    let join =
        |cells: Vec<String>| format!("{:INDENT$}{}", "", cells.join(&" ".repeat(GAP))).trim_end().to_owned();
    Lines { titles: join(titles), rows: lines.into_iter().map(join).collect(), whole }
}

/// The columns that find room, each with its share of it in `least`; and whether that is all of them.
fn choose<'a>(columns: &'a [Column], rows: &[Vec<Cell>], room: usize) -> (Vec<Slot<'a>>, bool) {
    let mut wanted = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let full = rows.iter().filter_map(|row| row.get(index)).map(|cell| width(&cell.text)).max();
        if let Some(full) = full.filter(|full| *full > 0) {
            let full = full.max(width(column.title));
            wanted.push(Slot { index, column, least: full.min(column.least), full });
        }
    }
    let all = wanted.len();
    wanted.sort_by_key(|slot| (slot.column.rank, slot.index));

    let mut used = 0;
    let mut slots: Vec<Slot<'a>> = Vec::new();
    for slot in wanted {
        let needs = slot.least + if slots.is_empty() { 0 } else { GAP };
        if slot.column.rank == 0 || used + needs <= room {
            used += needs;
            slots.push(slot);
        }
    }
    slots.sort_by_key(|slot| slot.index);
    if let Some(name) = slots.first_mut().filter(|_| used > room) {
        let less = (used - room).min(name.least.saturating_sub(1));
        name.least -= less;
        used -= less;
    }
    let mut free = room.saturating_sub(used);
    for slot in &mut slots {
        let more = (slot.full - slot.least).min(free);
        slot.least += more;
        free -= more;
    }
    let all = all == slots.len();
    (slots, all)
}
