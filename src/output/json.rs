//! `json`: the report as it is, `redtrail-report/1`, indented by two spaces.

use std::io::{self, BufWriter, Write};

use super::Render;
use crate::report::Report;

/// The report as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Render for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        // serde_json writes token by token.
        let mut out = BufWriter::new(out);
        serde_json::to_writer_pretty(&mut out, report)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    fn json(report: &Report) -> String {
        let mut out = Vec::new();
        Json.render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_report_is_one_indented_object_and_a_line_end() {
        let text = json(&sample::incident());
        assert!(
            text.starts_with("{\n  \"schema\": \"redtrail-report/1\",\n  \"generator\": {\n    \"name\"")
        );
        assert!(text.ends_with("\n}\n"));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["commands"]["rows"][0]["command"], "GET");
        assert_eq!(value["commands"]["rows"][0]["first"], "2026-11-20T17:03:39.056286Z");
        assert_eq!(value["totals"]["first"], "2026-11-20T17:03:39.056286Z");
        // An empty `other` is left out, a present one is not.
        assert!(value["commands"].get("other").is_none());
        assert_eq!(value["clients"]["other"]["rows"], serde_json::Value::Null);
    }

    #[test]
    fn hostile_bytes_stay_ascii_control_free() {
        let text = json(&sample::hostile());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["hot_keys"]["rows"][0]["key"], r"\x1b[31mred\x1b[0m");
    }

    #[test]
    fn a_failing_writer_is_an_error() {
        let mut out: &mut [u8] = &mut [0; 100];
        assert!(Json.render(&sample::incident(), &mut out).is_err());
    }
}
