//! The kinds of captures, and the signs by which those that are no MONITOR capture are told.

use super::Reading;

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

/// Bytes of an input in which the other kinds show their signs.
const WINDOW: usize = 64 << 10;

/// A kind that is recognised but not read, or [`Kind::Unknown`].
pub(super) fn other(head: &[u8]) -> Reading {
    let head = head.get(..WINDOW).unwrap_or(head);
    let finds = |sign: &[u8]| memchr::memmem::find(head, sign).is_some();
    let (kind, sign) = if finds(b"addr=") && finds(b" fd=") && finds(b" idle=") {
        (Kind::ClientList, "rows of addr=, fd= and idle=")
    } else if [&b"__keyspace@"[..], b"__keyevent@", b"__subkeyspace@", b"__subkeyevent@"]
        .iter()
        .any(|sign| finds(sign))
    {
        (Kind::KeyspaceEvents, "channels of keyspace notifications")
    } else if finds(b"redis_version:") {
        (Kind::Info, "a line redis_version:")
    } else {
        return Reading::unread(Kind::Unknown, "none of the known kinds of capture");
    };
    Reading::unread(kind, format!("{sign}; this version reads MONITOR only"))
}
