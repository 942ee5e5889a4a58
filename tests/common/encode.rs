//! Writes MONITOR lines as servers do, and wraps them as tools do: written after Redis's `sdscatrepr` and
//! the tools' own formats, not after redtrail's readers.

use std::fmt::Write;

/// One record as it goes into a capture.
#[derive(Clone, Debug)]
pub struct Line {
    pub seconds: u64,
    pub micros: u64,
    pub database: u32,
    pub client: Vec<u8>,
    pub args: Vec<Vec<u8>>,
}

impl Line {
    /// As the server prints it, without a line end.
    pub fn plain(&self) -> Vec<u8> {
        let mut line = format!("{}.{:06} [{} ", self.seconds, self.micros, self.database).into_bytes();
        line.extend_from_slice(&self.client);
        line.push(b']');
        for arg in &self.args {
            line.push(b' ');
            line.extend_from_slice(repr(arg).as_bytes());
        }
        line
    }
}

/// `sdscatrepr`.
fn repr(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'\\' | b'"' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            7 => out.push_str("\\a"),
            8 => out.push_str("\\b"),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => write!(out, "\\x{byte:02x}").unwrap(),
        }
    }
    out.push('"');
    out
}

/// What tools make of a line.
#[derive(Clone, Copy, Debug)]
pub enum Wrapper {
    Plain,
    /// A terminal's recording, Windows.
    CarriageReturn,
    /// `nc`, `telnet`.
    Resp,
    /// `redis-cli --csv` and `--json`: the same for printable text.
    Csv,
    QuotedJson,
    /// Docker's json-file driver: the line in as many parts.
    DockerJson(usize),
    /// A container's log as the kubelet keeps it, in as many parts.
    Cri(usize),
    /// Text in front: compose, `grep -n`, `ts`, journald …
    Prefix(&'static str),
}

/// Each of them.
pub const WRAPPERS: [Wrapper; 19] = [
    Wrapper::Plain,
    Wrapper::CarriageReturn,
    Wrapper::Resp,
    Wrapper::Csv,
    Wrapper::QuotedJson,
    Wrapper::DockerJson(1),
    Wrapper::DockerJson(2),
    Wrapper::DockerJson(5),
    Wrapper::Cri(1),
    Wrapper::Cri(2),
    Wrapper::Cri(5),
    Wrapper::Prefix("redis-1  | "),
    Wrapper::Prefix("17:"),
    Wrapper::Prefix("dump/cap.log:18:"),
    Wrapper::Prefix("2026-06-18T14:18:17.795951123Z "),
    Wrapper::Prefix("1718720298.300000 "),
    Wrapper::Prefix("Jun 18 14:18:18 db1 redis-cli[4242]: "),
    Wrapper::Prefix("[pod/redis-0/redis] "),
    Wrapper::Prefix("10.0.0.5 - "),
];

impl Wrapper {
    /// The line as it stands in the file, with its line end.
    pub fn wrap(self, line: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Wrapper::Plain => out.extend_from_slice(line),
            Wrapper::CarriageReturn => out.extend([line, b"\r"].concat()),
            Wrapper::Resp => out.extend([b"+", line, b"\r"].concat()),
            Wrapper::Csv => out.extend(repr(line).into_bytes()),
            Wrapper::QuotedJson => {
                let repr = repr(line);
                let body = repr[1..repr.len() - 1].replace('\\', "\\\\");
                out.extend(format!("\"{body}\"").into_bytes());
            }
            Wrapper::DockerJson(parts) => {
                let line = [line, b"\n"].concat();
                let text: Vec<_> = split(&line, parts)
                    .map(|part| {
                        let log = serde_json::to_string(std::str::from_utf8(part).unwrap()).unwrap();
                        format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2026-06-18T14:18:18.8Z\"}}")
                    })
                    .collect();
                out.extend(text.join("\n").into_bytes());
            }
            Wrapper::Cri(parts) => {
                let mut left = split(line, parts).count();
                for part in split(line, parts) {
                    left -= 1;
                    let tag = if left == 0 { "F" } else { "P" };
                    out.extend(format!("2026-06-18T14:18:18.795951123Z stdout {tag} ").into_bytes());
                    out.extend_from_slice(part);
                    out.extend_from_slice(if left == 0 { b"" } else { b"\n" });
                }
            }
            Wrapper::Prefix(prefix) => out.extend([prefix.as_bytes(), line].concat()),
        }
        out.push(b'\n');
        out
    }
}

fn split(line: &[u8], parts: usize) -> impl Iterator<Item = &[u8]> {
    line.chunks(line.len().div_ceil(parts))
}
