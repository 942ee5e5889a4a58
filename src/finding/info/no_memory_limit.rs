//! `no-memory-limit`: nothing stops the server from taking all memory of its machine.

use super::{newest, server, the_server};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::findings::{Finding, Number, Severity};

/// The rule.
pub struct NoMemoryLimit;

const SHARE: Threshold = Threshold {
    name: "percent-of-machine",
    value: 75.0,
    meaning: "a server without a limit that takes this much of its machine's memory is a warning",
    source: "Amazon ElastiCache keeps 25 % of a node for copy-on-write, buffers and the system \
             (reserved-memory-percent)",
};

const ABOUT: About = About {
    rule: "no-memory-limit",
    kind: "info",
    detects: "A server that may take as much memory as it likes: maxmemory is 0.",
    because: "When memory runs out the system kills the process, and all that was not saved is gone. With \
              a limit the server refuses writes or drops old keys, as it was told to.",
    severity: "A note; a warning once the server holds most of its machine's memory.",
    thresholds: &[SHARE],
    by_rate: false,
    remedy: "Choose with maxmemory-policy what gives way: noeviction refuses writes, allkeys-lru drops \
             keys. First learn which of the two your applications can bear. Then set maxmemory to what \
             the machine can spare, but above what is in use now (used_memory): below that, keys are \
             dropped or writes refused at once.",
};

impl Rule for NoMemoryLimit {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let dumps = newest(facts.report);
        for dump in &dumps {
            let (Some(0), Some(used)) = (dump.memory.maxmemory, dump.memory.used) else { continue };
            let limit = facts.limit(&ABOUT, &SHARE);
            let machine = dump.memory.system.filter(|total| *total > 0);
            let percent = machine.map(|total| used as f64 * 100.0 / total as f64);
            let severity = if percent.is_some_and(|percent| percent >= limit) {
                Severity::Warning
            } else {
                Severity::Info
            };
            let detail = match (machine, percent) {
                (Some(total), Some(percent)) => format!(
                    "It holds {}, {percent:.1} % of the machine's {} (a warning from {limit} %).",
                    number::bytes(used),
                    number::bytes(total)
                ),
                _ => format!(
                    "It holds {}; the dump does not say how much the machine has.",
                    number::bytes(used)
                ),
            };
            let subject = server(&dumps, dump);
            found.push(Finding {
                severity,
                title: format!("{} has no memory limit (maxmemory is 0).", the_server(&subject)),
                subject,
                detail,
                numbers: percent
                    .map(|value| Number { name: SHARE.name, value, threshold: Some(limit) })
                    .into_iter()
                    .collect(),
                evidence: vec![super::evidence(dump, "maxmemory:0")],
                ..Finding::of(&ABOUT)
            });
        }
    }
}
