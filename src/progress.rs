//! How far a run is, on standard error: bytes, rate and time left, for the present file and in total.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, MultiProgress, ProgressBar, ProgressStyle};

/// Bars on a terminal, lines where it is none, or nothing.
pub struct Progress {
    bars: Option<Bars>,
    lines: Option<Lines>,
}

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(1);

/// What stands in place of bars where standard error is no terminal.
struct Lines {
    name: String,
    bytes: u64,
    of: u64,
    last: Instant,
}

struct Bars {
    file: ProgressBar,
    total: ProgressBar,
    /// Stored bytes of the present file that the total still misses: of a compressed file nobody
    /// knows how far it is, so it counts when it ends.
    pending: Option<u64>,
}

const KNOWN: &str = "{decimal_bytes:>10} of {decimal_total_bytes:<10} {bar:24} {decimal_bytes_per_sec:>12}  {eta:>4} left  {msg}";
const UNKNOWN: &str = "{decimal_bytes:>10}  {spinner} {decimal_bytes_per_sec:>12}  {msg}";

impl Progress {
    /// Shows bars if `shown`; `bytes` is what all files hold on disk, as far as is known.
    pub fn new(shown: bool, bytes: u64) -> Self {
        let terminal = io::stderr().is_terminal();
        let lines = Lines { name: String::new(), bytes: 0, of: bytes, last: Instant::now() };
        let lines = (shown && !terminal).then_some(lines);
        let bars = (shown && terminal).then(|| {
            let bars = MultiProgress::new();
            let file = bars.add(ProgressBar::no_length());
            let total = bars.add(ProgressBar::new(bytes));
            total.set_style(style(KNOWN));
            total.set_message("in all");
            Bars { file, total, pending: None }
        });
        Progress { bars, lines }
    }

    /// An input begins; `plain` if its stored bytes are its content.
    pub fn open(&mut self, name: String, stored: Option<u64>, plain: bool) {
        if let Some(lines) = &mut self.lines {
            lines.name.clone_from(&name);
        }
        if let Some(bars) = &mut self.bars {
            bars.file.reset();
            bars.file.set_message(name);
            bars.pending = stored.filter(|_| !plain);
            match stored.filter(|_| plain) {
                Some(stored) => {
                    bars.file.set_style(style(KNOWN));
                    bars.file.set_length(stored);
                }
                None => bars.file.set_style(style(UNKNOWN)),
            }
        }
    }

    /// So many bytes of content were read.
    pub fn add(&mut self, bytes: u64) {
        if let Some(lines) = &mut self.lines {
            lines.add(bytes);
        }
        if let Some(bars) = &self.bars {
            bars.file.inc(bytes);
            if bars.pending.is_none() {
                bars.total.inc(bytes);
            }
        }
    }

    /// The input ends.
    pub fn close(&mut self) {
        if let Some(bars) = &mut self.bars {
            bars.total.inc(bars.pending.take().unwrap_or(0));
        }
    }

    /// The run ends: nothing stays on the screen.
    pub fn finish(&self) {
        if let Some(bars) = &self.bars {
            bars.file.finish_and_clear();
            bars.total.finish_and_clear();
        }
    }
}

fn style(template: &'static str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Lines {
    fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        if self.last.elapsed() >= PAUSE {
            self.last = Instant::now();
            let (bytes, of) = (DecimalBytes(self.bytes), DecimalBytes(self.of));
            // With standard error gone there is nobody to tell. Content of compressed files can be more than is stored.
            let _ = writeln!(io::stderr(), "{bytes} read, {of} stored, now {}", self.name);
        }
    }
}
