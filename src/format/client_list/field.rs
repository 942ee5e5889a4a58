//! The fields of CLIENT LIST that servers are known to print.
//!
//! Sources: `catClientInfoString` in `src/networking.c` of Redis 2.4 to 8.8 and Valkey 8.0 to 9.1;
//! Dragonfly's and Kvrocks' own lists; redis_exporter's tests for `ow`, `owmem`, `numops`.

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Any bytes.
    Text,
    /// A decimal number, -1 where there is none of it.
    Number,
}

macro_rules! fields {
    ($($name:ident $key:literal $(or $other:literal)? $column:literal $value:ident;)+) => {
        /// A known field, in the order of the newest versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = concat!("`", $column, "`")] $name),+
        }

        impl Field {
            /// Every field, each at the place of its number.
            pub const ALL: &'static [Field] = &[$(Field::$name),+];

            /// The field of a key as the server prints it.
            pub fn find(key: &[u8]) -> Option<Field> {
                Some(match key {
                    $($key $(| $other)? => Field::$name,)+
                    _ => return None,
                })
            }

            /// The key as the server prints it.
            #[inline]
            pub fn key(self) -> &'static [u8] {
                KEYS.get(self as usize).copied().unwrap_or_default()
            }

            /// The name of its column in tables: no dash, no word that SQL reserves.
            pub fn column(self) -> &'static str {
                match self { $(Field::$name => $column),+ }
            }

            /// What its value is.
            pub fn value(self) -> Value {
                match self { $(Field::$name => Value::$value),+ }
            }
        }

        /// By number of the field. A key from here is told by its place in memory.
        static KEYS: [&[u8]; Field::ALL.len()] = [$($key),+];
    };
}

fields! {
    Id b"id" "id" Number;
    Addr b"addr" "addr" Text;
    Laddr b"laddr" "laddr" Text;
    Fd b"fd" "fd" Number;
    Name b"name" "name" Text;
    Age b"age" "age" Number;
    Idle b"idle" "idle" Number;
    Flags b"flags" "flags" Text;
    Capa b"capa" "capa" Text;
    Db b"db" "db" Number;
    Sub b"sub" "sub" Number;
    Psub b"psub" "psub" Number;
    Ssub b"ssub" "ssub" Number;
    Multi b"multi" "multi" Number;
    Watch b"watch" "watch" Number;
    Qbuf b"qbuf" "qbuf" Number;
    QbufFree b"qbuf-free" "qbuf_free" Number;
    ArgvMem b"argv-mem" "argv_mem" Number;
    MultiMem b"multi-mem" "multi_mem" Number;
    Rbs b"rbs" "rbs" Number;
    Rbp b"rbp" "rbp" Number;
    Obl b"obl" "obl" Number;
    Oll b"oll" "oll" Number;
    Omem b"omem" "omem" Number;
    OmemShared b"omem-shared" "omem_shared" Number;
    OmemUnshared b"omem-unshared" "omem_unshared" Number;
    TotMem b"tot-mem" "tot_mem" Number;
    Events b"events" "events" Text;
    Cmd b"cmd" "cmd" Text;
    User b"user" "username" Text;
    Redir b"redir" "redir" Number;
    Resp b"resp" "resp" Number;
    LibName b"lib-name" "lib_name" Text;
    LibVer b"lib-ver" "lib_ver" Text;
    IoThread b"io-thread" "io_thread" Number;
    TotNetIn b"tot-net-in" "tot_net_in" Number;
    TotNetOut b"tot-net-out" "tot_net_out" Number;
    TotCmds b"tot-cmds" "tot_cmds" Number;
    ReadEvents b"read-events" "read_events" Number;
    PipelineSum b"avg-pipeline-len-sum" or b"parse-batch-cmd-sum" "avg_pipeline_len_sum" Number;
    PipelineCount b"avg-pipeline-len-cnt" or b"parse-batch-cnt" "avg_pipeline_len_cnt" Number;
    Ow b"ow" "ow" Number;
    Owmem b"owmem" "owmem" Number;
    Numops b"numops" "numops" Number;
    Http b"http" "http" Text;
    Tls b"tls" "tls" Text;
    Tid b"tid" "tid" Number;
    Irqmatch b"irqmatch" "irqmatch" Number;
    Pipeline b"pipeline" "pipeline" Number;
    Pbuf b"pbuf" "pbuf" Number;
    TotReadCalls b"tot-read-calls" "tot_read_calls" Number;
    TotDispatches b"tot-dispatches" "tot_dispatches" Number;
    Phase b"phase" "phase" Text;
    ReplPhase b"repl-phase" "repl_phase" Text;
    SendWaitTime b"send-wait-time" "send_wait_time" Number;
    Namespace b"namespace" "namespace" Text;
    Obuf b"obuf" "obuf" Number;
}

/// A key with its `=` as a number, and the bits of that: none where it is longer.
#[derive(Clone, Copy)]
struct Word {
    word: u128,
    bits: u128,
    /// Bytes of both.
    len: usize,
}

/// By number of the field.
static WORDS: [Word; Field::ALL.len()] = {
    let mut words = [Word { word: 0, bits: 0, len: 0 }; Field::ALL.len()];
    let mut at = 0;
    #[allow(clippy::indexing_slicing)] // Checked while compiling.
    while at < KEYS.len() {
        let key = KEYS[at];
        if key.len() < 16 {
            let mut bytes = [0; 16];
            let mut letter = 0;
            while letter < key.len() {
                bytes[letter] = key[letter];
                letter += 1;
            }
            bytes[letter] = b'=';
            let (word, bits) = (u128::from_le_bytes(bytes), u128::MAX >> (120 - 8 * key.len()));
            words[at] = Word { word, bits, len: key.len() + 1 };
        }
        at += 1;
    }
    words
};

impl Field {
    /// What stands behind its key and `=` at the start of `text`.
    #[inline]
    pub fn value_in(self, text: &[u8]) -> Option<&[u8]> {
        match (WORDS.get(self as usize), text.first_chunk()) {
            (Some(Word { word, bits, len }), Some(start)) if *len > 0 => {
                if u128::from_le_bytes(*start) & bits == *word { text.get(*len..) } else { None }
            }
            _ => text.strip_prefix(self.key())?.strip_prefix(b"="),
        }
    }
}

/// Finds fields by the place where they stood in the row before: rows of a dump have one order.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    seen: Vec<Option<Field>>,
}

impl Finder {
    /// The known field that was last found at place `at` of its row.
    pub fn expected(&self, at: usize) -> Option<Field> {
        self.seen.get(at).copied().flatten()
    }

    /// The fields that were last found at each place, as many as the longest row had.
    pub fn seen(&self) -> &[Option<Field>] {
        &self.seen
    }

    /// The field of the key that is at place `at` of its row.
    #[inline]
    pub fn find(&mut self, at: usize, key: &[u8]) -> Option<Field> {
        let is = |field: &Field| std::ptr::eq(field.key(), key) || field.key() == key;
        match self.expected(at).filter(is) {
            Some(field) => Some(field),
            None => self.look_up(at, key),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, at: usize, key: &[u8]) -> Option<Field> {
        let found = Field::find(key);
        if at >= self.seen.len() {
            self.seen.resize(at + 1, None);
        }
        if let Some(seen) = self.seen.get_mut(at) {
            *seen = found;
        }
        found
    }
}

/// A decimal number that fills `value`; `None` for anything else, and past 64 bits.
#[inline]
pub fn number(value: &[u8]) -> Option<i64> {
    // Most numbers are 0.
    match value {
        [digit @ b'0'..=b'9'] => Some(i64::from(digit & 0x0f)),
        _ => long_number(value),
    }
}

fn long_number(value: &[u8]) -> Option<i64> {
    let (sign, digits) = match value {
        [b'-', digits @ ..] => (-1, digits),
        digits => (1, digits),
    };
    if digits.is_empty() {
        return None;
    }
    // So many digits are never too many.
    if digits.len() < 18 {
        let mut number = 0;
        for digit in digits {
            number = number * 10 + i64::from(digit.is_ascii_digit().then_some(digit & 0x0f)?);
        }
        return Some(sign * number);
    }
    digits.iter().try_fold(0_i64, |number, digit| {
        let digit = i64::from(digit.is_ascii_digit().then_some(digit & 0x0f)?);
        number.checked_mul(10)?.checked_add(sign * digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_key_and_has_a_column_of_its_own() {
        let mut columns = std::collections::BTreeSet::new();
        for (number, field) in Field::ALL.iter().enumerate() {
            assert_eq!(*field as usize, number);
            assert_eq!(Field::find(field.key()), Some(*field));
            assert!(columns.insert(field.column()));
            assert!(field.column().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        }
        assert_eq!(Field::find(b"parse-batch-cnt"), Some(Field::PipelineCount));
        assert_eq!(Field::find(b"novel"), None);
    }

    #[test]
    fn an_order_that_changes_is_followed() {
        let mut finder = Finder::default();
        for keys in [[&b"id"[..], b"novel", b"fd"], [b"fd", b"id", b"novel"], [b"id", b"novel", b"fd"]] {
            for (at, key) in keys.into_iter().enumerate() {
                assert_eq!(finder.find(at, key), Field::find(key));
            }
        }
    }

    #[test]
    fn numbers_are_whole_or_missing() {
        for (value, expected) in [
            (&b"0"[..], Some(0)),
            (b"-1", Some(-1)),
            (b"40253233", Some(40_253_233)),
            (b"9223372036854775807", Some(i64::MAX)),
            (b"-9223372036854775808", Some(i64::MIN)),
            (b"9223372036854775808", None),
            (b"", None),
            (b"-", None),
            (b"1x", None),
            (b"0.5", None),
        ] {
            assert_eq!(number(value), expected);
        }
    }
}
