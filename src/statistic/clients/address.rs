//! Addresses as captures print them.

/// How a client is counted that the capture does not name (Redis up to 2.4): no address looks so.
pub const NO_ADDRESS: &[u8] = b"\nnone";

/// The address as captured.
pub fn shown(address: &[u8]) -> &[u8] {
    if address == NO_ADDRESS { b"" } else { address }
}

/// The parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// `tcp`, `unix`, `lua`, `internal` or `unknown`.
    pub kind: &'static str,
    /// The host, without brackets; empty where there is none.
    pub host: &'a [u8],
    /// The port of a TCP client.
    pub port: Option<u16>,
}

impl<'a> Address<'a> {
    /// Takes an address apart. IPv6 may stand without brackets: the port is behind the last colon.
    pub fn parse(address: &'a [u8]) -> Self {
        let bare = |kind| Address { kind, host: b"", port: None };
        match address {
            b"lua" => return bare("lua"),
            // A module's call: Redis up to 7.0, later, and Dragonfly's replica stream.
            b"?:0" | b"" | b"REPLICATION:0" => return bare("internal"),
            NO_ADDRESS => return bare("unknown"),
            _ if address.starts_with(b"unix:") => return bare("unix"),
            _ => {}
        }
        let Some(colon) = memchr::memrchr(b':', address) else { return bare("unknown") };
        let (host, port) = address.split_at(colon);
        // CLIENT LIST's form of a unix socket.
        if host.starts_with(b"/") {
            return bare("unix");
        }
        let port =
            std::str::from_utf8(port.get(1..).unwrap_or_default()).ok().and_then(|port| port.parse().ok());
        let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
        match port {
            Some(_) => Address { kind: "tcp", host, port },
            None => bare("unknown"),
        }
    }
}

/// The path of the socket that an address stands for: MONITOR prints `unix:/tmp/redis.sock`, CLIENT LIST and slow logs
/// `/tmp/redis.sock:0`, and Valkey 9.1 `[/tmp/redis.sock:0]:0`.
pub fn socket(address: &[u8]) -> Option<&[u8]> {
    let listed = || {
        let inner = address.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]:0")).unwrap_or(address);
        inner.strip_suffix(b":0").filter(|path| path.starts_with(b"/"))
    };
    address.strip_prefix(b"unix:").or_else(listed)
}

/// Whether two addresses, of whatever kinds of captures, are the same.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    a == b || socket(a).is_some_and(|path| socket(b) == Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_several_addresses() {
        let forms = [&b"unix:/tmp/a b.sock"[..], b"/tmp/a b.sock:0", b"[/tmp/a b.sock:0]:0"];
        for (one, other) in forms.into_iter().zip(forms.into_iter().cycle().skip(1)) {
            assert!(is_same(one, other), "{} {}", one.escape_ascii(), other.escape_ascii());
        }
        for other in [&b"unix:/tmp/b.sock"[..], b"10.0.0.1:0", b"[::1]:0", b"", b"lua"] {
            assert!(!is_same(forms[0], other), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn addresses_are_taken_apart() {
        for (address, kind, host, port) in [
            (&b"127.0.0.1:43758"[..], "tcp", &b"127.0.0.1"[..], Some(43758)),
            (b"[::1]:45176", "tcp", b"::1", Some(45176)),
            (
                b"fd40:1481:21:dbe0:7021:300:a03:1a06:44426",
                "tcp",
                b"fd40:1481:21:dbe0:7021:300:a03:1a06",
                Some(44426),
            ),
            (b"unix:/tmp/a] b.sock", "unix", b"", None),
            (b"/tmp/redis sock/redis.sock:0", "unix", b"", None),
            (b"lua", "lua", b"", None),
            (b"", "internal", b"", None),
            (b"?:0", "internal", b"", None),
            (b"REPLICATION:0", "internal", b"", None),
            (NO_ADDRESS, "unknown", b"", None),
            (b"junk", "unknown", b"", None),
            (b"a:99999", "unknown", b"", None),
        ] {
            assert_eq!(Address::parse(address), Address { kind, host, port });
        }
    }
}
