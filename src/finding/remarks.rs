//! What the captures cannot tell, said once.

use super::SHORT;
use crate::output::number::{self, Noun};
use crate::report::Report;

/// Sentences to read before trusting that nothing was found.
pub fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = Vec::new();
    let monitor = || report.inputs.iter().filter(|input| input.kind == "monitor" && input.records > 0);
    let first = monitor().filter_map(|input| input.first).min();
    let last = monitor().filter_map(|input| input.last).max();
    if let Some((first, last)) = first.zip(last) {
        let micros = last.0.saturating_sub(first.0).max(0).unsigned_abs();
        if (micros as f64) < SHORT * 1e6 {
            remarks.push(format!(
                "The MONITOR capture covers {}: what happens once a minute or less often may be missing, and a \
                 rate may be a moment's.",
                number::duration(micros)
            ));
        }
        // Redis 2.8.19 and later; before, they are shown.
        remarks.push(
            "MONITOR shows neither errors nor replies, and most versions hide administrative commands (CONFIG, \
             DEBUG, SAVE, SHUTDOWN, CLIENT KILL …): that none is seen does not mean that none was sent."
                .to_owned(),
        );
    }
    let gaps: u64 = monitor().map(|input| input.gaps).sum();
    if gaps > 0 {
        remarks.push(format!(
            "The MONITOR capture starts anew {}: calls in between are missing.",
            Noun("time", "times").count(gaps)
        ));
    }
    let who = report.identities;
    if who.unmatched > 0 {
        remarks.push(format!(
            "{} could not be matched to CLIENT LIST by address and time: they stay addresses.",
            Noun("client", "clients").count(who.unmatched)
        ));
    }
    remarks
}
