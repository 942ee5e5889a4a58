//! What tools print around MONITOR's lines.

/// Starts of lines that redis-cli, shells and terminals print, beyond `OK`, `--` and blank lines.
const STARTS: [&[u8]; 17] = [
    b"Warning: Using a password with '-a'",
    b"AUTH failed: ",
    b"Could not connect to Redis at ",
    b"Error: ",
    b"(error) ",
    b"ERR ",
    b"-ERR ",
    b"NOAUTH ",
    b"Reading messages...",
    b"Script started",
    b"Script done",
    b"Connection closed by foreign host",
    b"Trying ",
    b"Connected to ",
    b"Escape character is ",
    b"^C",
    b"==> ", // head and tail name their files so
];

/// The server's answer to MONITOR: the capture starts here, or starts anew.
pub fn is_start(line: &[u8]) -> bool {
    matches!(line, b"OK" | b"+OK" | b"\"OK\"")
}

/// The same behind what tools put in front of lines: a time, a number, a name that a bar or brackets close.
pub fn is_start_behind(line: &[u8]) -> bool {
    let Some(before) = line.strip_suffix(b"OK") else { return is_start(line) };
    let is_closed = before.ends_with(b"| ") || before.starts_with(b"[") && before.ends_with(b"] ");
    // Times as `ts` prints them begin with a month or a day of the week.
    let words = before.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let clock = before.get(if words == 3 { 3 } else { 0 }..).unwrap_or_default();
    let is_clock = |byte: &u8| byte.is_ascii_digit() || b" .:,-+/TZ".contains(byte);
    is_start(line)
        || is_closed
        || clock.iter().all(is_clock)
            && clock.iter().any(u8::is_ascii_digit)
            && matches!(clock.last(), Some(b' ' | b':'))
}

/// Whether a line is something that tools print, and no record.
pub fn is_noise(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty()
        || is_start(line)
        || line == b"--"
        || STARTS.iter().any(|start| line.starts_with(start))
        || is_elapsed(line)
        || is_prompt(line)
        || line.iter().all(|byte| matches!(byte, b'-' | b'=' | b'#' | b'*'))
}

/// `(0.68s)`, printed by redis-cli behind slow answers.
fn is_elapsed(line: &[u8]) -> bool {
    line.strip_prefix(b"(")
        .and_then(|line| line.strip_suffix(b"s)"))
        .is_some_and(|number| number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// `127.0.0.1:6379> monitor`, `host:6379[5]> `, `redis /tmp/redis.sock> `, `not connected> `.
pub fn is_prompt(line: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b'>', line) else { return false };
    let prompt = line.get(..end).unwrap_or_default();
    let prompt = match memchr::memrchr(b'[', prompt) {
        Some(at) if prompt.ends_with(b"]") => prompt.get(..at).unwrap_or_default(),
        _ => prompt,
    };
    let prompt = prompt.strip_suffix(b"(TX)").unwrap_or(prompt);
    let port = memchr::memrchr(b':', prompt).and_then(|at| prompt.get(at + 1..));
    prompt == b"not connected"
        || prompt.starts_with(b"redis /")
        || (!prompt.contains(&b' ')
            && port.is_some_and(|port| !port.is_empty() && port.iter().all(u8::is_ascii_digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_told_behind_a_prefix() {
        for (line, is) in [
            (&b"OK"[..], true),
            (b"+OK", true),
            (b"1795173275.236004 OK", true),
            (b"2026-11-20T10:00:00.123456789Z OK", true),
            (b"Nov 20 10:00:00 OK", true),
            (b"17:OK", true),
            (b"redis-1  | OK", true),
            (b"[pod/redis-0/redis] OK", true),
            (b"37.223441123Z OK", true),
            (b"status: OK", false),
            (b"99.9% OK", false),
            (b"1795173275.236004 NOK", false),
            (b"NOK", false),
            (b"17OK", false),
            (b" OK", false),
        ] {
            assert_eq!(is_start_behind(line), is, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn noise_is_told_from_records() {
        for line in [
            &b""[..], b"OK", b"+OK", b"\"OK\"", b"--", b"  ", b"^C", b"(0.68s)",
            b"Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.",
            b"Error: Server closed the connection", b"127.0.0.1:6379> monitor", b"10.0.0.1:6379[5]> ",
            b"redis /tmp/redis.sock> monitor", b"not connected> ", b"127.0.0.1:6379(TX)> exec",
            b"Script started on 2026-11-20 10:00:00+00:00 [TERM=\"xterm\"]", b"==> a.log <==", b"-----",
        ] {
            assert!(is_noise(line), "{}", line.escape_ascii());
        }
        for line in [
            &b"1718720297.795951 [0 10.0.0.5:1] \"GET\" \"a>b\""[..],
            b"\"GET\" \"k\"",
            b"hello",
            b"(x)",
            b"a b:1> c",
            b"OKAY",
        ] {
            assert!(!is_noise(line), "{}", line.escape_ascii());
        }
    }
}
