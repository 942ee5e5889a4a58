//! The words that COMMAND uses of a command, its flags and its ACL categories, as sets of bits.

/// Declares an enum of words and the set of them.
macro_rules! words {
    ($(#[$about:meta])* $word:ident, $(#[$about_set:meta])* $set:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $word {
            $(#[doc = concat!("`", $name, "`")] $variant),+
        }

        impl $word {
            /// Every word, in the order of the bits.
            pub const ALL: &[$word] = &[$($word::$variant),+];

            /// As COMMAND prints it.
            pub fn name(self) -> &'static str {
                match self {
                    $($word::$variant => $name),+
                }
            }

            /// The word of that name, in any case.
            pub fn named(name: &[u8]) -> Option<$word> {
                $word::ALL.iter().copied().find(|word| word.name().as_bytes().eq_ignore_ascii_case(name))
            }
        }

        $(#[$about_set])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $set(u32);

        impl $set {
            /// The set of `words`.
            pub const fn of(mut words: &[$word]) -> $set {
                let mut bits = 0;
                while let [word, rest @ ..] = words {
                    bits |= 1 << *word as u32;
                    words = rest;
                }
                $set(bits)
            }

            /// Whether `word` is in the set.
            pub const fn contains(self, word: $word) -> bool {
                self.0 & 1 << word as u32 != 0
            }

            /// The words in the set.
            pub fn iter(self) -> impl Iterator<Item = $word> {
                $word::ALL.iter().copied().filter(move |word| self.contains(*word))
            }
        }
    };
}

words! {
    /// A flag of a command (COMMAND's third element, `command_flags` in `src/commands/*.json`).
    Flag,
    /// The flags of a command.
    Flags:
    Admin = "admin",
    AllowBusy = "allow_busy",
    Asking = "asking",
    Blocking = "blocking",
    Denyoom = "denyoom",
    Fast = "fast",
    Loading = "loading",
    Movablekeys = "movablekeys",
    NoAsyncLoading = "no_async_loading",
    NoAuth = "no_auth",
    NoMandatoryKeys = "no_mandatory_keys",
    NoMulti = "no_multi",
    Noscript = "noscript",
    Pubsub = "pubsub",
    Readonly = "readonly",
    SkipMonitor = "skip_monitor",
    SkipSlowlog = "skip_slowlog",
    Stale = "stale",
    Write = "write",
}

words! {
    /// An ACL category, without the `@` that ACL rules put before it.
    Category,
    /// The ACL categories of a command, those that follow from its flags included.
    Categories:
    Admin = "admin",
    Array = "array",
    Bitmap = "bitmap",
    Blocking = "blocking",
    Bloom = "bloom",
    Cms = "cms",
    Connection = "connection",
    Cuckoo = "cuckoo",
    Dangerous = "dangerous",
    Fast = "fast",
    Geo = "geo",
    Hash = "hash",
    Hyperloglog = "hyperloglog",
    Json = "json",
    Keyspace = "keyspace",
    List = "list",
    Pubsub = "pubsub",
    Read = "read",
    Scripting = "scripting",
    Search = "search",
    Set = "set",
    Slow = "slow",
    Sortedset = "sortedset",
    Stream = "stream",
    String = "string",
    Tdigest = "tdigest",
    Timeseries = "timeseries",
    Topk = "topk",
    Transaction = "transaction",
    Write = "write",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        let set = Categories::of(&[Category::Admin, Category::Write]);
        assert_eq!(set.iter().map(Category::name).collect::<Vec<_>>(), ["admin", "write"]);
        assert!(!set.contains(Category::Array));
        assert_eq!(Categories::of(Category::ALL).iter().count(), Category::ALL.len());
        assert_eq!(Flags::of(&[]), Flags::default());
    }

    #[test]
    fn words_are_found_by_name() {
        assert_eq!(Category::named(b"SortedSet"), Some(Category::Sortedset));
        assert_eq!(Category::named(b"sorted"), None);
        assert_eq!(Flag::named(b"no_auth"), Some(Flag::NoAuth));
    }
}
