//! `replica-link-down`: a replica that does not get what its master writes.

use super::{evidence, newest, server};
use crate::finding::{About, Facts, Rule, Threshold};
use crate::output::number;
use crate::report::Bytes;
use crate::report::findings::{Finding, Number, Severity};
use crate::report::info::{InfoReplica, InfoSnapshot};

/// The rule.
pub struct ReplicaLinkDown;

const LAG: Threshold = Threshold {
    name: "lag-seconds",
    value: 10.0,
    meaning: "a replica that has not acknowledged for so long is a warning",
    source: "redis.conf: min-replicas-max-lag 10; replicas acknowledge every second",
};

const DOWN: Threshold = Threshold {
    name: "down-seconds",
    value: 60.0,
    meaning: "a link to the master that has been down for so long is critical, a shorter time a warning",
    source: "redis.conf: repl-timeout 60; shorter breaks heal by a partial synchronisation",
};

const ABOUT: About = About {
    rule: "replica-link-down",
    kind: "info",
    detects: "A replica without a link to its master, or, by the master's dump, one that lags behind or is \
              not online.",
    because: "The replica serves old data or refuses to, and a failover to it loses what it did not get. A \
              synchronisation from the start costs the master a fork and a copy of all data.",
    severity: "Critical where the link has been down for a minute, a warning before that and for a replica \
               that lags; a note while one synchronises.",
    thresholds: &[LAG, DOWN],
    by_rate: false,
    remedy: "Look at the replica's log for why it cannot connect: address, firewall, password \
             (masterauth), or a master that drops it because client-output-buffer-limit replica is too \
             small. Then at the network and the load of both.",
};

impl Rule for ReplicaLinkDown {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check(&self, facts: &Facts<'_>, found: &mut Vec<Finding>) {
        let dumps = newest(facts.report);
        for dump in &dumps {
            found.extend(of_replica(facts, dump, &server(&dumps, dump)));
            found.extend(dump.replicas.iter().filter_map(|replica| of_master(facts, dump, replica)));
        }
    }
}

/// What a replica says of its master.
fn of_replica(facts: &Facts<'_>, dump: &InfoSnapshot, server: &Bytes) -> Option<Finding> {
    let told = &dump.replication;
    if told.master_link_status.as_ref()?.0 != b"down" {
        return None;
    }
    let limit = facts.limit(&ABOUT, &DOWN);
    let master = address(told.master_host.as_ref(), told.master_port);
    let syncs = told.master_sync_in_progress == Some(1);
    // -1: it never was up.
    let down = told.master_link_down_since_seconds;
    let never = down.is_some_and(|down| down < 0);
    let severity = match down {
        _ if syncs => Severity::Info,
        Some(down) if down >= 0 && (down as f64) < limit => Severity::Warning,
        _ => Severity::Critical,
    };
    let who = if server.0.is_empty() {
        "The replica".to_owned()
    } else {
        format!("The replica ({})", server.text())
    };
    let since = match down {
        Some(down) if down >= 0 => {
            format!(" for {}", number::duration(u64::try_from(down).unwrap_or(0).saturating_mul(1_000_000)))
        }
        _ => String::new(),
    };
    let title = if syncs {
        format!("{who} is fetching all data from its master {}.", master.text())
    } else {
        format!("{who} has no link to its master {}{since}.", master.text())
    };
    let detail = match (syncs, never) {
        (true, _) => "The link counts as down until the synchronisation is done.".to_owned(),
        (_, true) => "master_link_status is down and the link never was up.".to_owned(),
        _ => format!("master_link_status is down{since} (a warning at once, critical from {limit} s)."),
    };
    let seconds = down.filter(|down| *down >= 0);
    Some(Finding {
        severity,
        title,
        detail,
        numbers: seconds
            .map(|down| Number { name: DOWN.name, value: down as f64, threshold: Some(limit) })
            .into_iter()
            .collect(),
        evidence: vec![evidence(dump, "role:slave master_link_status:down")],
        subject: master,
        ..Finding::of(&ABOUT)
    })
}

/// What a master says of a replica.
fn of_master(facts: &Facts<'_>, dump: &InfoSnapshot, replica: &InfoReplica) -> Option<Finding> {
    let told = &replica.fields;
    let limit = facts.limit(&ABOUT, &LAG);
    let subject = address(told.ip.as_ref(), told.port);
    let is_online = told.state.as_ref().is_none_or(|state| state.0 == b"online");
    let state = told.state.as_ref().map(Bytes::text).unwrap_or_default();
    let lag = told.lag_seconds.filter(|lag| *lag as f64 >= limit && is_online);
    let behind = dump.replication.master_repl_offset.zip(told.repl_offset);
    let behind = behind.and_then(|(master, replica)| u64::try_from(master.checked_sub(replica)?).ok());
    let (severity, title) = match lag {
        Some(lag) => {
            (Severity::Warning, format!("The replica {} has not acknowledged for {lag} s.", subject.text()))
        }
        None if !is_online => {
            (Severity::Info, format!("The replica {} is not online yet: {state}.", subject.text()))
        }
        None => return None,
    };
    let behind_text = behind.map_or(String::new(), |behind| {
        format!(" It is {} of the master's stream behind.", number::bytes(behind))
    });
    let shown = format!(
        "ip={} port={} state={state} lag={}",
        told.ip.as_ref().map(Bytes::text).unwrap_or_default(),
        told.port.map_or(String::new(), |port| port.to_string()),
        told.lag_seconds.map_or(String::new(), |lag| lag.to_string())
    );
    let numbers = [
        told.lag_seconds.map(|lag| Number { name: LAG.name, value: lag as f64, threshold: Some(limit) }),
        behind.map(|behind| Number { name: "behind-bytes", value: behind as f64, threshold: None }),
    ];
    Some(Finding {
        severity,
        title,
        detail: match lag {
            Some(lag) => format!("Its lag is {lag} s (a warning from {limit} s).{behind_text}"),
            None => format!("Its state is {state}: it takes part once it is online.{behind_text}"),
        },
        numbers: numbers.into_iter().flatten().collect(),
        evidence: vec![evidence(dump, &shown)],
        subject,
        ..Finding::of(&ABOUT)
    })
}

/// `host:port`, as far as known.
fn address(host: Option<&Bytes>, port: Option<u64>) -> Bytes {
    let host = host.map(|host| host.0.clone()).unwrap_or_default();
    match port {
        Some(port) if host.contains(&b':') => {
            Bytes::from([b"[", host.as_slice(), format!("]:{port}").as_bytes()].concat())
        }
        Some(port) => Bytes::from([host.as_slice(), format!(":{port}").as_bytes()].concat()),
        None => Bytes(host),
    }
}
