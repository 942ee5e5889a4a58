//! The kinds of captures.

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Lines of MONITOR.
    Monitor,
    /// CLIENT LIST snapshots.
    ClientList,
    /// SLOWLOG GET or COMMANDLOG GET.
    Slowlog,
    /// Subscriber output of keyspace notifications.
    KeyspaceEvents,
    /// INFO dumps.
    Info,
    /// Nothing at all.
    Empty,
    /// None of these.
    Unknown,
}

impl Kind {
    /// The kind's name in options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Monitor => "monitor",
            Kind::ClientList => "client-list",
            Kind::Slowlog => "slowlog",
            Kind::KeyspaceEvents => "keyspace-events",
            Kind::Info => "info",
            Kind::Empty => "empty",
            Kind::Unknown => "unknown",
        }
    }
}
