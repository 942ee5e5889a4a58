//! `persistence-failing`: the server cannot write its files.

use super::{evidence, newest, server, the_server};
use crate::finding::{About, Facts, Rule};
use crate::output::number;
use crate::report::Bytes;
use crate::report::findings::{Finding, Number, Severity};
use crate::report::info::InfoSnapshot;

/// The rule.
pub struct PersistenceFailing;

const ABOUT: About = About {
    rule: "persistence-failing",
    kind: "info",
    detects: "A server whose last RDB save, append-only write or append-only rewrite failed.",
    because: "What was written since is only in memory and gone with the process. With \
              stop-writes-on-bgsave-error yes, which is the default, the server also refuses every write \
              after a failed save (MISCONF), and after a failed append-only write always.",
    severity: "Critical; a warning where only the rewrite of the append-only file failed, whose old file \
               still grows.",
    thresholds: &[],
    by_rate: false,
    remedy: "Read the server's log: mostly the disk is full, the directory (CONFIG GET dir) is not \
             writable, or the fork was refused for want of memory (vm.overcommit_memory should be 1). Once \
             that is mended, BGSAVE shows whether it works; writes are taken again after the first save \
             that does.",
};

/// Fields that say `ok` or `err`, what failed, and how bad that is.
type Check = (&'static str, fn(&InfoSnapshot) -> Option<&Bytes>, &'static str, Severity);

const CHECKS: [Check; 3] = [
    (
        "aof_last_write_status",
        |dump| dump.persistence.aof_last_write_status.as_ref(),
        "cannot write its append-only file",
        Severity::Critical,
    ),
    (
        "rdb_last_bgsave_status",
        |dump| dump.persistence.rdb_last_bgsave_status.as_ref(),
        "failed to save its RDB file",
        Severity::Critical,
    ),
    (
        "aof_last_bgrewrite_status",
        |dump| dump.persistence.aof_last_bgrewrite_status.as_ref(),
        "failed to rewrite its append-only file",
        Severity::Warning,
    ),
];

impl Rule for PersistenceFailing {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let dumps = newest(facts.report);
        for dump in &dumps {
            let failed: Vec<_> = CHECKS
                .iter()
                .filter(|(_, status, ..)| status(dump).is_some_and(|status| status.0 == b"err"))
                .collect();
            let Some(severity) = failed.iter().map(|(.., severity)| *severity).max() else { continue };
            let subject = server(&dumps, dump);
            let what: Vec<_> = failed.iter().map(|(_, _, what, _)| *what).collect();
            let fields: Vec<_> = failed.iter().map(|(field, ..)| format!("{field}:err")).collect();
            let changes = dump.persistence.rdb_changes_since_last_save;
            let age = dump.time.zip(dump.persistence.rdb_last_save_time).map(|(now, saved)| {
                let micros = u64::try_from(now.0.saturating_sub(saved.0)).unwrap_or(0);
                format!(", the last of which was {} before", number::duration(micros))
            });
            let unsaved = changes.map_or(String::new(), |changes| {
                format!(
                    " {} are not in an RDB file{}.",
                    number::Noun("change", "changes").count(changes),
                    age.unwrap_or_default()
                )
            });
            found.push(Finding {
                severity,
                title: format!("{} {}.", the_server(&subject), what.join(" and ")),
                subject,
                detail: format!("The dump says {}.{unsaved}", fields.join(", ")),
                numbers: changes
                    .map(|value| Number { name: "unsaved-changes", value: value as f64, threshold: None })
                    .into_iter()
                    .collect(),
                evidence: vec![evidence(dump, &fields.join(" "))],
                ..Finding::of(&ABOUT)
            });
        }
    }
}
