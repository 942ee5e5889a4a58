//! `slow-consumer`: a client that does not read what it is sent, so the server keeps it in memory.

use super::{MEGABYTE, Party, append, bytes, kill, parties};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::connections::ConnectionRow;
use crate::report::findings::{Confidence, Confirmation, Finding, Number, Severity};

/// The rule.
pub struct SlowConsumer;

const NOTE: Threshold = Threshold {
    name: "note-mb",
    value: 1.0,
    meaning: "an output buffer of so many megabytes is worth a note",
    source: "operators' convention; the fixed part of a buffer has 16 kB",
};

const MB: Threshold = Threshold {
    name: "mb",
    value: 10.0,
    meaning: "an output buffer of so many megabytes is a warning",
    source: "operators' convention, near redis.conf's soft limit for subscribers \
             (client-output-buffer-limit pubsub 32mb 8mb 60)",
};

const REPLICA: Threshold = Threshold {
    name: "replica-mb",
    value: 64.0,
    meaning: "an output buffer of so many megabytes is a warning where the client is a replica",
    source: "redis.conf: client-output-buffer-limit replica 256mb 64mb 60",
};

const ABOUT: About = About {
    rule: "slow-consumer",
    kind: "client-list",
    detects: "A client whose output buffer (obl and omem) is big: it is sent more than it reads.",
    because: "The server keeps in memory what a client has not read yet. That memory is taken from the \
              data: keys are evicted or writes refused for it, and at its limit the server drops the \
              client, which then has missed messages.",
    severity: "A note from 1 MB, a warning from 10 MB; a replica, which catches up in bursts, from 64 MB.",
    thresholds: &[NOTE, MB, REPLICA],
    by_rate: false,
    remedy: "Make the client read faster or ask for less at a time (SCAN instead of one big reply, fewer \
             channels), and look whether it still runs at all. What a buffer may hold is set by \
             client-output-buffer-limit.",
};

impl Rule for SlowConsumer {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let least = least_bytes(facts);
        let is_big = |row: &&ConnectionRow| bytes(row.peak_output) as f64 >= least;
        // Rows stand in the order of their buffers.
        let big = facts.report.connections.rows.iter().filter(is_big);
        let findings = parties(big).into_iter().filter_map(|party| finding(facts, party)).collect();
        append(findings, found);
    }
}

/// From here on an output buffer is worth a note.
pub fn least_bytes(facts: &Facts<'_>) -> f64 {
    facts.limit(&ABOUT, &NOTE) * MEGABYTE
}

fn finding(facts: &Facts<'_>, party: Party<'_>) -> Option<Finding> {
    let worst = party.rows.first()?;
    let held = bytes(worst.peak_output);
    let now = bytes(worst.obl.get()).saturating_add(bytes(worst.omem.get()));
    let threshold = if worst.kind == "replica" { REPLICA } else { MB };
    let limit = facts.limit(&ABOUT, &threshold);
    let (what, remedy) = kind(worst);
    let subject = party.subject.text();
    let others = party.rows.len() - 1;
    let mut detail = format!(
        "Its output buffer came to {} (a warning from {limit} MB){}. It was seen in {} and then held {} in \
         a list of {} (omem) and {} in the fixed part (obl).",
        number::bytes(held),
        if others == 0 {
            String::new()
        } else {
            format!(", and {others} more of its connections hold over 1 MB")
        },
        number::Noun("snapshot", "snapshots").count(worst.snapshots),
        number::bytes(bytes(worst.omem.get())),
        number::Noun("block", "blocks").count(bytes(worst.oll.get())),
        number::bytes(bytes(worst.obl.get())),
    );
    // A big reply on its way looks the same for a moment.
    let is_moment = worst.kind == "normal" && worst.snapshots == 1;
    if is_moment {
        detail.push_str(
            " One snapshot does not tell a client that stopped reading from a big reply on its way.",
        );
    } else if now < held {
        detail.push_str(" By then it had read some of it.");
    }
    // While a script runs nobody is sent anything, and a MONITOR is what gets most of all.
    let is_over = worst.kind == "monitor" && now == 0;
    let is_bad = held as f64 >= limit * MEGABYTE && !is_over;
    let is_link = matches!(worst.kind, "replica" | "master");
    let (command, caution) = match worst.kind {
        "pubsub" => (
            kill(worst),
            "It drops the connection and frees the memory; messages that it has not read are lost to it.",
        ),
        "monitor" => (kill(worst), "It ends that MONITOR and frees the memory."),
        "replica" | "master" => {
            (None, "Do not kill a replication link for this: the replica would fetch all data anew.")
        }
        _ => (
            kill(worst),
            "It drops the connection and frees the memory; the reply that it waits for is lost.",
        ),
    };
    Some(Finding {
        severity: if is_bad { Severity::Warning } else { Severity::Info },
        confidence: if is_moment { Confidence::Medium } else { Confidence::High },
        title: if is_over {
            format!("{subject} ({what}) fell behind for a while: {} waited for it.", number::bytes(held))
        } else {
            format!("{subject} ({what}) does not read what it is sent: {} wait for it.", number::bytes(held))
        },
        detail,
        numbers: vec![
            Number { name: threshold.name, value: held as f64 / MEGABYTE, threshold: Some(limit) },
            Number { name: "list-blocks", value: bytes(worst.oll.get()) as f64, threshold: None },
        ],
        evidence: party.evidence(),
        confirmed_by: server(facts, held),
        remedy: remedy.map_or_else(|| ABOUT.remedy.to_owned(), str::to_owned),
        caution: (is_bad && (command.is_some() || is_link)).then(|| caution.to_owned()),
        command: command.filter(|_| is_bad),
        subject: party.subject,
        ..Finding::of(&ABOUT)
    })
}

/// What the server says of buffers like this one.
fn server(facts: &Facts<'_>, held: u64) -> Vec<Confirmation> {
    let dumps = || facts.report.info.snapshots.iter();
    // The server forgets the biggest one after some seconds, so a smaller one says nothing of this client.
    let biggest = dumps().filter_map(|dump| dump.clients.max_output_buffer).max();
    let biggest = biggest.filter(|bytes| *bytes >= held / 2).map(|bytes| {
        format!(
            "INFO: the biggest output buffer of late had {} (client_recent_max_output_buffer).",
            number::bytes(bytes)
        )
    });
    let cut = dumps().filter_map(|dump| dump.stats.output_buffer_disconnections).max();
    let cut = cut.filter(|clients| *clients > 0).map(|clients| {
        format!(
            "INFO: the server cut off {} for their output buffers \
             (client_output_buffer_limit_disconnections).",
            number::Noun("client", "clients").count(clients)
        )
    });
    biggest.into_iter().chain(cut).map(|text| Confirmation { kind: "info", text }).collect()
}

/// What the client is, and what helps it where the rule's text does not.
fn kind(row: &ConnectionRow) -> (&'static str, Option<&'static str>) {
    match row.kind {
        "pubsub" => (
            "a subscriber",
            Some(
                "Make the subscriber take messages off the socket at once and work on them elsewhere, or \
                 subscribe to fewer channels; a stream (XADD, XREADGROUP) waits without costing buffers. \
                 redis.conf's default drops a subscriber at client-output-buffer-limit pubsub 32mb 8mb 60: \
                 at 32 MB, or after 60 s over 8 MB. Lower it where memory is short; do not raise it to \
                 make this go away.",
            ),
        ),
        "replica" => (
            "a replica",
            Some(
                "Look at the replica's load and the network between: it takes the stream more slowly than \
                 writes come in. During a full synchronisation this is ordinary. At \
                 client-output-buffer-limit replica (256mb 64mb 60) it is dropped and synchronises anew; \
                 raise that limit where this goes round in circles and the machine has the memory.",
            ),
        ),
        "master" => ("the link to a master", None),
        "monitor" => (
            "a client that runs MONITOR",
            Some(
                "End that MONITOR: it is sent every command and does not keep up. MONITOR is meant to be \
                 read by a fast reader for a few seconds.",
            ),
        ),
        _ => ("an ordinary client", None),
    }
}
