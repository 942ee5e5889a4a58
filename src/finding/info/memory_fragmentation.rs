//! `memory-fragmentation`: the process holds far more memory than its data, or less than it.

use super::{evidence, newest, server, the_server};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Confidence, Finding, Number, Severity};

/// The rule.
pub struct MemoryFragmentation;

const RATIO: Threshold = Threshold {
    name: "ratio",
    value: 1.5,
    meaning: "so many times the data's memory in the process are a warning",
    source: "operators' convention for mem_fragmentation_ratio (Netdata's guide: sustained above 1.5)",
};

const SWAPPED: Threshold = Threshold {
    name: "swapped-ratio",
    value: 0.9,
    meaning: "less of the data in memory than this is a warning: the rest is in swap",
    source: "operators' convention is below 1; a tenth less, as memory that was never touched counts in \
             used_memory too",
};

const FLOOR: Threshold = Threshold {
    name: "megabytes",
    value: 100.0,
    meaning: "a difference of fewer megabytes between process and data is not judged",
    source: "redis.conf: active-defrag-ignore-bytes 100mb; the ratio of a small server says nothing",
};

const ABOUT: About = About {
    rule: "memory-fragmentation",
    kind: "info",
    detects: "A process that holds much more memory than the data takes (used_memory_rss by used_memory), \
              or clearly less, which means that data was swapped out.",
    because: "What lies between is lost to everybody: the system kills processes by what they hold, not by \
              what they use. Data in swap makes single commands thousands of times slower, and all others \
              wait.",
    severity: "A warning, where the difference is at least 100 MB.",
    thresholds: &[RATIO, SWAPPED, FLOOR],
    by_rate: false,
    remedy: "Where the memory was once in use (used_memory_peak), it comes back with time or with MEMORY \
             PURGE (Redis 4.0 and later), during which the server answers nobody. Against holes between \
             values, CONFIG SET activedefrag yes (Redis 4.0 and later with jemalloc) moves them together \
             at some cost of processor time.",
};

impl Rule for MemoryFragmentation {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let [high, low, floor] = [&RATIO, &SWAPPED, &FLOOR].map(|threshold| facts.limit(&ABOUT, threshold));
        let dumps = newest(facts.report);
        for dump in &dumps {
            // Some services print an rss of 0.
            let (Some(used), Some(rss)) = (dump.memory.used, dump.memory.rss.filter(|rss| *rss > 0)) else {
                continue;
            };
            let ratio = rss as f64 / used.max(1) as f64;
            let difference = used.abs_diff(rss);
            if difference as f64 / 1e6 < floor || (ratio > low && ratio < high) {
                continue;
            }
            let subject = server(&dumps, dump);
            let the_server = the_server(&subject);
            let is_swapped = ratio <= low;
            let (title, remedy) = if is_swapped {
                (
                    format!(
                        "{the_server} has {} of its data not in memory: swapped out.",
                        number::bytes(difference)
                    ),
                    "Give the machine memory or the server less data (maxmemory), and look who else takes \
                     memory there. Swap can be told from memory that was never touched by the process' \
                     VmSwap in /proc/PID/status.",
                )
            } else {
                (format!("{the_server} holds {ratio:.2} times the memory that its data takes."), ABOUT.remedy)
            };
            let was_used = dump.memory.peak.is_some_and(|peak| peak as f64 >= rss as f64 * 0.8);
            let peak = match dump.memory.peak.filter(|_| !is_swapped) {
                Some(peak) if was_used => format!(
                    " It once used {}, so much of this is memory that was given up and not returned yet.",
                    number::bytes(peak)
                ),
                _ => String::new(),
            };
            found.push(Finding {
                severity: Severity::Warning,
                confidence: if is_swapped { Confidence::Medium } else { Confidence::High },
                title,
                subject,
                detail: format!(
                    "The data takes {} and the process holds {}: a ratio of {ratio:.2} (a warning from \
                     {high}, or at {low} and less) and a difference of {} (judged from {floor} MB).{peak}",
                    number::bytes(used),
                    number::bytes(rss),
                    number::bytes(difference)
                ),
                numbers: vec![
                    Number {
                        name: if is_swapped { SWAPPED.name } else { RATIO.name },
                        value: ratio,
                        threshold: Some(if is_swapped { low } else { high }),
                    },
                    Number { name: FLOOR.name, value: difference as f64 / 1e6, threshold: Some(floor) },
                ],
                evidence: vec![evidence(dump, &format!("used_memory:{used} used_memory_rss:{rss}"))],
                remedy: remedy.to_owned(),
                ..Finding::of(&ABOUT)
            });
        }
    }
}
