//! What each byte is to a key: one look-up instead of a chain of comparisons.

/// Parts segments.
pub(super) const SEPARATOR: u16 = 1;
/// Parts words within a segment: punctuation and control characters.
pub(super) const BREAK: u16 = 1 << 1;
/// `0-9`.
pub(super) const DIGIT: u16 = 1 << 2;
/// `A-F`.
const HEX_UPPER: u16 = 1 << 3;
/// `G-Z`.
const OTHER_UPPER: u16 = 1 << 4;
/// `a-f`.
pub(super) const HEX_LOWER: u16 = 1 << 5;
/// `g-z`.
const OTHER_LOWER: u16 = 1 << 6;
/// Any other byte that belongs to words.
pub(super) const OTHER: u16 = 1 << 7;
/// Not ASCII.
pub(super) const HIGH: u16 = 1 << 8;
/// `@`.
pub(super) const AT: u16 = 1 << 9;
/// Opening bracket.
pub(super) const OPEN: u16 = 1 << 10;
/// Closing bracket.
pub(super) const CLOSE: u16 = 1 << 11;

/// `A-Z`.
pub(super) const UPPER: u16 = HEX_UPPER | OTHER_UPPER;
/// `a-z`.
pub(super) const LOWER: u16 = HEX_LOWER | OTHER_LOWER;
/// `G-Zg-z`.
pub(super) const OTHER_LETTER: u16 = OTHER_UPPER | OTHER_LOWER;
/// `0-9A-Fa-f`.
pub(super) const HEX: u16 = DIGIT | HEX_UPPER | HEX_LOWER;

/// What parts words within a segment. `:` stands here for those who separate segments by another byte.
const BREAKS: &[u8] = b"-_./|@#=+,;~%&!()[]<>{} :";

/// The classes of all bytes under one choice of separators.
#[derive(Clone, Debug)]
pub(super) struct Classes([u16; 256]);

impl Classes {
    pub(super) fn new(separators: &[u8]) -> Self {
        Classes(std::array::from_fn(|index| {
            let byte = u8::try_from(index).unwrap_or_default();
            if separators.contains(&byte) { SEPARATOR } else { class(byte) }
        }))
    }

    /// The class of `byte`; a separator is nothing else.
    pub(super) fn of(&self, byte: u8) -> u16 {
        // Never out of range; the compiler knows too.
        self.0.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// Whether the byte at `at` is of one of `classes`, or there is none.
    pub(super) fn stops(&self, key: &[u8], at: usize, classes: u16) -> bool {
        key.get(at).is_none_or(|&byte| self.of(byte) & classes != 0)
    }

    /// Where the run from `from` ends that holds none of `stop`, and the classes that it holds.
    pub(super) fn run(&self, key: &[u8], from: usize, stop: u16) -> (usize, u16) {
        let mut end = from;
        let mut held = 0;
        for &byte in key.get(from..).unwrap_or_default() {
            let class = self.of(byte);
            if class & stop != 0 {
                break;
            }
            held |= class;
            end += 1;
        }
        (end, held)
    }

    /// The first segment; then, unless it is the last, its separator and what follows.
    pub(super) fn split<'k>(&self, key: &'k [u8]) -> (&'k [u8], Option<(u8, &'k [u8])>) {
        let (end, _) = self.run(key, 0, SEPARATOR);
        let (segment, rest) = key.split_at_checked(end).unwrap_or((key, &[]));
        (segment, rest.split_first().map(|(&separator, rest)| (separator, rest)))
    }
}

fn class(byte: u8) -> u16 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'A'..=b'F' => HEX_UPPER,
        b'G'..=b'Z' => OTHER_UPPER,
        b'a'..=b'f' => HEX_LOWER,
        b'g'..=b'z' => OTHER_LOWER,
        b'@' => BREAK | AT,
        b'(' | b'[' | b'<' | b'{' => BREAK | OPEN,
        b')' | b']' | b'>' | b'}' => BREAK | CLOSE,
        0x80.. => OTHER | HIGH,
        byte if byte < 0x20 || BREAKS.contains(&byte) => BREAK,
        _ => OTHER,
    }
}
