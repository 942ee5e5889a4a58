//! Blocks as a run cuts them, counted and merged on one thread.

use redtrail::format::Format;
use redtrail::options::BLOCK_BYTES;
use redtrail::pattern::Rules;
use redtrail::report::Bytes;
use redtrail::statistic::observer::Observer;
use redtrail::statistic::partial::{Partial, Summary};

/// What each block of `bytes` comes to.
pub fn parts(format: &dyn Format, bytes: &[u8], rules: &Rules) -> Vec<Partial> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let window = rest.get(..BLOCK_BYTES).unwrap_or(rest);
        // A window without the end of a record is the last block.
        let cut = if window.len() < rest.len() { format.cut(window) } else { 0 };
        let (block, after) = rest.split_at(if cut == 0 { rest.len() } else { cut });
        let mut observer = Observer::new(0, block, rules);
        let lines = format.scan(block, (bytes.len() - rest.len()) as u64, &mut observer);
        parts.push(observer.finish(lines));
        rest = after;
    }
    parts
}

/// Parts of one input as the run's own value.
pub fn merged(parts: Vec<Partial>, rules: &Rules) -> Partial {
    let mut run = Partial::default();
    run.start_input(0, b"capture.log", None);
    parts.into_iter().for_each(|part| drop(run.merge(part, rules)));
    run.end_input();
    run
}

/// The tables of a run's value.
pub fn finished(mut run: Partial, rules: &Rules) -> Summary {
    run.finish(rules, &[Bytes::default()], None, None)
}

/// All of it.
#[allow(dead_code, reason = "a benchmark takes what it needs")]
pub fn summary(format: &dyn Format, bytes: &[u8]) -> Summary {
    let rules = Rules::default();
    finished(merged(parts(format, bytes, &rules), &rules), &rules)
}
