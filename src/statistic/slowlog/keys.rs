//! Which keys an entry names, as far as it tells.

use crate::command::{self, Spec};
use crate::event::{Exactness, Slow, Text};
use crate::format::slowlog::marker;

/// Replaces `out` by the places of the keys that are whole.
///
/// A key of which the server cut off the end is none, nor is the marker in place of arguments. Where
/// arguments may be parted wrongly only a key right behind the name is taken, since nothing before it can
/// hold a line end; where they are joined by spaces, none.
pub fn keys(spec: Option<&'static Spec>, entry: &Slow<'_>, out: &mut Vec<usize>) {
    out.clear();
    let (Some(spec), false) = (spec, entry.exactness == Exactness::NameOnly) else { return };
    let args = marker::logged(&entry.args);
    command::keys(spec, &args, out);
    let is_sure = entry.exactness == Exactness::Exact;
    out.retain(|at| {
        let is_whole = |key: Text<'_>| marker::whole_length(key.raw, key.len()).is_none();
        (is_sure || *at == 1) && args.get(*at).is_some_and(is_whole)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Args, Place, Span};

    /// The keys that a call of these arguments names.
    fn found(args: &str, exactness: Exactness) -> Vec<String> {
        let mut spans = Vec::new();
        let mut start = 0;
        for arg in args.split('|') {
            spans.push(Span { start, len: arg.len() as u32, escapes: 0 });
            start += arg.len() as u32 + 1;
        }
        let args = Args::new(args.as_bytes(), &spans);
        let entry = Slow {
            place: Place::default(),
            bytes: 0,
            id: None,
            time: 0,
            us: 0,
            args,
            exactness,
            argc: None,
            client: None,
            name: None,
            complexity: None,
        };
        let spec = command::resolve(&args).map(|id| id.spec());
        let mut out = vec![7];
        keys(spec, &entry, &mut out);
        out.iter().map(|at| String::from_utf8(args.get(*at).unwrap().raw.to_vec()).unwrap()).collect()
    }

    #[test]
    fn keys_are_those_that_are_whole() {
        use Exactness::{Exact, Inexact, NameOnly};
        for (args, exactness, keys) in [
            ("GET|k", Exact, &["k"][..]),
            ("MSET|a|1|b|2", Exact, &["a", "b"]),
            ("MSET|a|1|b|2|... (4 more arguments)", Exact, &["a", "b"]),
            ("DEL|a|... (1 more arguments)", Exact, &["a"]),
            ("GET|... (1 more arguments)", Exact, &[]),
            ("GET|kkk... (9 more bytes)", Exact, &[]),
            ("MSET|a... (9 more bytes)|1|b|2... (9 more bytes)", Exact, &["b"]),
            ("MGET|a|b", Inexact, &["a"]),
            ("EVAL|return|1|b", Inexact, &[]),
            ("MGET|a|b", NameOnly, &[]),
            ("NOSUCH|a", Exact, &[]),
            ("ZUNIONSTORE|d|40|a|b|... (38 more arguments)", Exact, &[]),
        ] {
            assert_eq!(found(args, exactness), keys, "{args}");
        }
    }
}
