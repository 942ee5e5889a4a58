//! Which keys an entry names, as far as it tells.

use crate::command::{self, Spec};
use crate::event::{Exactness, Slow};
use crate::format::slowlog::marker;

/// Replaces `out` by the places of the keys that are whole.
///
/// A key of which the server cut off the end is none, nor is the marker in place of arguments. Where
/// arguments may be parted wrongly only a key right behind the name is taken, since nothing before it can
/// hold a line end; where they are joined by spaces, none.
pub fn keys(spec: Option<&'static Spec>, entry: &Slow<'_>, out: &mut Vec<usize>) {
    out.clear();
    let (Some(spec), false) = (spec, entry.exactness == Exactness::NameOnly) else { return };
    command::keys(spec, &entry.args, out);
    if entry.exactness == Exactness::Inexact {
        out.retain(|at| *at == 1);
    }
    let last = entry.args.len() - 1;
    out.retain(|at| {
        entry.args.get(*at).is_some_and(|key| {
            marker::whole_length(key.raw, key.len()).is_none()
                && (*at != last || marker::more_arguments(key.raw).is_none())
        })
    });
}
