//! What the formats hand on: records borrowed from the capture, with no meaning added yet.
//!
//! Everything here points into the block that is being read (or into a decoded copy of one line) and
//! lives no longer than one call of [`Sink`]: who wants to keep something copies it.

use crate::error::Reject;

/// Where a record stands in the decompressed content of its input.
///
/// While a block is read `line` counts from the start of that block; merging partial results in file
/// order turns it into a number of the whole input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Bytes before the record's first byte.
    pub offset: u64,
    /// Lines before the record's first line; shown to people one higher.
    pub line: u64,
}

/// One argument as it stands between the quotes of `sdscatrepr` (Redis's own notation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The bytes between the quotes, escapes and all.
    pub raw: &'a [u8],
    /// How many bytes of `raw` vanish when it is decoded; 0 means that `raw` is the value itself.
    pub escapes: u32,
}

impl<'a> Text<'a> {
    /// Length in bytes of the decoded value.
    pub fn len(&self) -> usize {
        self.raw.len() - self.escapes as usize
    }

    /// Whether the value is the empty string.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The value's bytes: `raw` itself where nothing is escaped, else decoded into `scratch`.
    pub fn bytes<'s>(&self, scratch: &'s mut Vec<u8>) -> &'s [u8]
    where
        'a: 's,
    {
        if self.escapes == 0 {
            return self.raw;
        }
        scratch.clear();
        crate::format::lexical::unescape_into(self.raw, scratch);
        scratch
    }
}

/// Where one argument stands in its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte after the opening quote.
    pub start: u32,
    /// Bytes up to the closing quote.
    pub len: u32,
    /// As [`Text::escapes`].
    pub escapes: u32,
}

/// The arguments of one call, the command's name first.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    line: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    /// Arguments at `spans` of `line`; every span lies within the line. More may stand behind the line, which lets
    /// short arguments be read without a look at how long they are.
    pub fn new(line: &'a [u8], spans: &'a [Span]) -> Self {
        Args { line, spans }
    }

    /// Number of arguments, the command's name included (Redis's argc).
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at `index`, the name being 0.
    pub fn get(&self, index: usize) -> Option<Text<'a>> {
        let span = self.spans.get(index)?;
        let start = span.start as usize;
        let raw = self.line.get(start..start + span.len as usize)?;
        Some(Text { raw, escapes: span.escapes })
    }

    /// The `N` bytes from the start of the argument at `index` on, whatever stands behind it; `None` where the line
    /// ends before.
    pub fn window<const N: usize>(&self, index: usize) -> Option<&'a [u8; N]> {
        self.line.get(self.spans.get(index)?.start as usize..)?.first_chunk()
    }

    /// All arguments in order, each with what [`Args::window`] gives.
    pub fn windows<const N: usize>(
        &self,
    ) -> impl Iterator<Item = (Text<'a>, Option<&'a [u8; N]>)> + use<'a, N> {
        let line = self.line;
        self.spans.iter().filter_map(move |span| {
            let rest = line.get(span.start as usize..)?;
            let raw = rest.get(..span.len as usize)?;
            Some((Text { raw, escapes: span.escapes }, rest.first_chunk()))
        })
    }

    /// The argument at `index`, if it has up to fifteen bytes and nothing is escaped, with its length as one number
    /// that is not 0: enough to tell any two apart.
    #[inline]
    pub fn short(&self, index: usize) -> Option<u128> {
        const LONGEST: u32 = 15;
        let text = self.get(index).filter(|text| text.escapes == 0)?;
        let len = u32::try_from(text.raw.len()).ok().filter(|len| *len <= LONGEST)?;
        // Mostly there is more behind it, and no byte has to be copied on its own.
        let bytes = self.window(index).copied().unwrap_or_else(|| {
            let mut bytes = [0; 16];
            bytes.iter_mut().zip(text.raw).for_each(|(to, from)| *to = *from);
            bytes
        });
        let text = u128::from_le_bytes(bytes) & !(u128::MAX << (8 * len));
        Some(text | u128::from(len + 1) << 120)
    }

    /// The first `count` of them.
    pub fn first(&self, count: usize) -> Args<'a> {
        Args { line: self.line, spans: self.spans.get(..count).unwrap_or(self.spans) }
    }

    /// Where they stand in their line.
    pub fn spans(&self) -> &'a [Span] {
        self.spans
    }

    /// Other arguments of the same line, which has all of `spans`.
    pub fn at<'s>(&self, spans: &'s [Span]) -> Args<'s>
    where
        'a: 's,
    {
        Args { line: self.line, spans }
    }

    /// What stands in the line from the argument at `index` to the last one, quotes between them included.
    pub fn raw_from(&self, index: usize) -> Option<&'a [u8]> {
        let (first, last) = (self.spans.get(index)?, self.spans.last()?);
        self.line.get(first.start as usize..last.start as usize + last.len as usize)
    }

    /// All arguments in order.
    pub fn iter(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {
        let args = *self;
        (0..args.len()).filter_map(move |index| args.get(index))
    }

    /// Decoded bytes of all arguments after the name.
    pub fn payload(&self) -> u64 {
        self.payload_of(1..self.len())
    }

    /// Decoded bytes of the arguments in `range`.
    pub fn payload_of(&self, range: std::ops::Range<usize>) -> u64 {
        let bytes = |span: &Span| u64::from(span.len - span.escapes);
        // Mostly it is a key, or a key and its value, of many.
        match self.spans.get(range).unwrap_or_default() {
            [one] => bytes(one),
            [one, two] => bytes(one) + bytes(two),
            spans => spans.iter().map(bytes).sum(),
        }
    }
}

/// How far a record can be trusted to say what the server was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// Every argument is known byte for byte.
    Exact,
    /// Quotes stood unescaped in the capture: the arguments are the likeliest reading.
    Inexact,
    /// Only the first word is known (redis-py joins arguments by spaces).
    NameOnly,
}

/// The database of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database<'a> {
    /// `SELECT`'s number.
    Number(u32),
    /// Kvrocks prints its namespace where Redis prints the number.
    Namespace(&'a [u8]),
}

/// One line of MONITOR.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// Where the record starts.
    pub place: Place,
    /// Bytes of the record with everything around it, the line end included.
    pub bytes: u64,
    /// Microseconds since 1970-01-01 UTC, by the server's clock.
    pub time: i64,
    /// The database printed in the line.
    pub database: Database<'a>,
    /// The address as captured; `None` where the dialect prints none (Redis up to 2.4).
    pub client: Option<&'a [u8]>,
    /// Name and arguments; with [`Exactness::NameOnly`] the name alone.
    pub args: Args<'a>,
    /// Decoded bytes of the arguments after the name.
    pub payload: u64,
    /// How far `args` can be trusted.
    pub exactness: Exactness,
}

/// One row of CLIENT LIST.
#[derive(Clone, Copy, Debug)]
pub struct ClientRow<'a> {
    /// Where the row starts.
    pub place: Place,
    /// Bytes of the row with everything around it, the line end included.
    pub bytes: u64,
    /// The clock of a prefix on the row itself, in microseconds since 1970.
    pub time: Option<i64>,
    /// Keys and values in their order; a missing field is not here, an empty one is.
    pub fields: &'a [(&'a [u8], &'a [u8])],
    /// What is known to be the same as in a row before.
    pub again: Again,
}

/// What a row of CLIENT LIST has that a row before had, which has the same keys in the same order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Where that row starts.
    pub place: u64,
    /// A bit for each field, the lowest for the first, that has the same value in both. None where nothing is known.
    pub fields: u64,
}

/// What tells one snapshot of CLIENT LIST from the next, standing before its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotStart {
    /// Where the sign stands.
    pub place: Place,
    /// Its clock, in microseconds since 1970, where it shows one.
    pub time: Option<i64>,
}

/// One entry of SLOWLOG GET or COMMANDLOG GET.
#[derive(Clone, Copy, Debug)]
pub struct Slow<'a> {
    /// Where the entry starts.
    pub place: Place,
    /// Bytes of the entry with everything around it.
    pub bytes: u64,
    /// `None` where the form has none (ElastiCache's text).
    pub id: Option<u64>,
    /// When the command was logged, in microseconds since 1970; the server counts whole seconds.
    pub time: i64,
    /// How long it took, in microseconds; of COMMANDLOG's large types their bytes.
    pub us: u64,
    /// Name and arguments as logged, truncation markers included ([`crate::format::slowlog::marker`]).
    pub args: Args<'a>,
    /// [`Exactness::Inexact`]: the lines of raw output, of which several may be one argument.
    /// [`Exactness::NameOnly`]: redis-py and others join arguments by spaces; `args` are words, of which
    /// the name alone is certain.
    pub exactness: Exactness,
    /// How many arguments the command had, where the form or a truncation marker tells.
    pub argc: Option<u64>,
    /// The client's address; `None` where the form has none (Redis before 4.0).
    pub client: Option<&'a [u8]>,
    /// The client's name; `None` where the form has none.
    pub name: Option<&'a [u8]>,
    /// What Redis Software says of the command's size, `N:4712,M:3788`; `None` elsewhere.
    pub complexity: Option<&'a [u8]>,
}

/// Which channel a notification came by. The last four tell of hash fields (Redis 8.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `__keyspace@0__:key`, the event as message.
    Keyspace,
    /// `__keyevent@0__:event`, the key as message.
    Keyevent,
    /// `__subkeyspace@0__:key`, the event and the fields as message.
    Subkeyspace,
    /// `__subkeyevent@0__:event`, the key and the fields as message.
    Subkeyevent,
    /// `__subkeyspaceitem@0__:key LF field`, the event as message, once for each field.
    Subkeyspaceitem,
    /// `__subkeyspaceevent@0__:event|key`, the fields as message.
    Subkeyspaceevent,
}

/// One message of keyspace notifications. What it says is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// Where the message starts.
    pub place: Place,
    /// Bytes of the message with everything around it.
    pub bytes: u64,
    /// In microseconds since 1970; `None` where the capture has no clock.
    pub time: Option<i64>,
    /// The channel's database.
    pub database: u32,
    /// Which channel.
    pub channel: Channel,
    /// The subscriber's pattern, empty for a plain subscription: overlapping ones deliver copies.
    pub subscription: &'a [u8],
    /// `set`, `expired` …
    pub event: &'a [u8],
    /// The key.
    pub key: &'a [u8],
    /// The field that [`Channel::Subkeyspaceitem`] names; empty on the other channels.
    pub field: &'a [u8],
    /// Whether the bytes of all this are known: a logger may have written what stands for others.
    pub exact: bool,
}

/// The subscriber lost its connection or started anew: Redis keeps no notifications for it.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// Where the first line stands that tells.
    pub place: Place,
    /// That line's clock, in microseconds since 1970.
    pub time: Option<i64>,
    /// What tells, in words for a person.
    pub reason: &'static str,
}

/// One dump of INFO.
#[derive(Clone, Copy, Debug)]
pub struct InfoDump<'a> {
    /// Where the dump starts.
    pub place: Place,
    /// Bytes of the dump with everything around it.
    pub bytes: u64,
    /// The clock of a line that a script printed before the dump, in microseconds since 1970.
    pub time: Option<i64>,
    /// Section, key and value, in their order.
    pub fields: &'a [(&'a [u8], &'a [u8], &'a [u8])],
}

impl<'a> InfoDump<'a> {
    /// The value of the first field of this name.
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.fields.iter().find(|(_, held, _)| *held == key).map(|(.., value)| *value)
    }

    /// When the dump was made, in microseconds since 1970: by the server's clock (Redis 6.2 and later),
    /// else by the script's.
    pub fn when(&self) -> Option<i64> {
        self.server_time().or(self.time)
    }

    /// The server's clock, in microseconds since 1970.
    pub fn server_time(&self) -> Option<i64> {
        std::str::from_utf8(self.get(b"server_time_usec")?).ok()?.parse().ok()
    }
}

/// Why bytes that are no record were passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// What tools print around records: `OK`, prompts, warnings, separators, blank lines.
    Noise,
    /// Of these, the answer to a tool that the server had no room for ([`is_refusal`]).
    Refusal,
    /// Cut off at the start or the end of the capture.
    Truncated,
}

/// Whether a line is the answer to whoever connects when maxclients is reached, of a cluster too.
pub fn is_refusal(line: &[u8]) -> bool {
    // As redis-cli prints it on a terminal, with --csv, and with --json or -3; as it comes over the wire.
    const BEFORE: [&[u8]; 4] = [b"(error) ", b"ERROR,\"", b"HELLO 3 failed: ", b"-"];
    let line = line.trim_ascii();
    let line = BEFORE.iter().find_map(|before| line.strip_prefix(*before)).unwrap_or(line);
    let line = line.strip_suffix(b"\"").unwrap_or(line);
    line.starts_with(b"ERR max number of clients ") && line.ends_with(b" reached")
}

impl Skipped {
    /// Why a line of noise is passed over.
    pub fn noise(line: &[u8]) -> Self {
        if is_refusal(line) { Skipped::Refusal } else { Skipped::Noise }
    }
}

/// Takes what a format finds, in the order of the capture. Records of kinds that a sink has no use
/// for need no method.
pub trait Sink {
    /// A MONITOR record.
    fn command(&mut self, _: &Command<'_>) {}
    /// A row of CLIENT LIST.
    fn client(&mut self, _: &ClientRow<'_>) {}
    /// The rows that follow are of a new snapshot.
    fn snapshot(&mut self, _: &SnapshotStart) {}
    /// An entry of the slow log.
    fn slow(&mut self, _: &Slow<'_>) {}
    /// A keyspace notification.
    fn notice(&mut self, _: &Notice<'_>) {}
    /// Notifications may be missing here; always a gap too.
    fn loss(&mut self, loss: &Loss) {
        self.gap(loss.place);
    }
    /// A dump of INFO.
    fn info(&mut self, _: &InfoDump<'_>) {}
    /// Bytes that looked like a record and could not be read.
    fn reject(&mut self, reject: Reject<'_>);
    /// Bytes that are no record.
    fn skip(&mut self, place: Place, bytes: u64, why: Skipped);
    /// The server or the tool started anew here (`OK` in mid-capture): records may be missing.
    fn gap(&mut self, place: Place);
}
