//! The outputs: each turns a [`crate::report::Report`] into one form.
//!
//! A new output is one file and one line in [`all`]. Outputs read the report and nothing else, so
//! that equal reports give equal bytes.

use std::io::{self, Write};

use crate::report::Report;

pub mod clock;
pub mod json;
pub mod notation;
pub mod number;
pub mod parquet;
#[cfg(test)]
mod sample;
pub mod tables;
pub mod text;
pub mod top;
pub mod whole;

/// Turns a report into one form.
pub trait Render {
    /// What `--to` calls the form.
    fn name(&self) -> &'static str;

    /// How the names of files end that hold the form, without the dot.
    fn suffix(&self) -> &'static str {
        self.name()
    }

    /// Writes the report to `out`, all of it, the last line end included.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()>;
}

/// How forms made for people show a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Rows that a table shows; what is left is summed in one line.
    pub top: usize,
    /// Columns of the screen; less than 40 counts as 40.
    pub width: usize,
    /// Whether to colour. Nothing is said by colour alone.
    pub color: bool,
    /// Whether to show what is of use only to who asks for it.
    pub verbose: bool,
}

impl Default for View {
    fn default() -> Self {
        View { top: 20, width: 80, color: false, verbose: false }
    }
}

/// Every form a report can be written in, the default first.
pub fn all(view: View) -> Vec<Box<dyn Render>> {
    vec![Box::new(text::Text { view }), Box::new(json::Json)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_suffixes_are_told_apart() {
        let all = all(View::default());
        let names: Vec<_> = all.iter().map(|form| (form.name(), form.suffix())).collect();
        assert_eq!(names, [("text", "txt"), ("json", "json")]);
    }
}
