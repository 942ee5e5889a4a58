//! The arities of commands: how many arguments each has, its name included, as Redis counts them.

use std::cell::{Cell, OnceCell};

use crate::command;
use crate::event::Args;
use crate::intern::SPREAD;

/// Places for commands whose arity is kept: captures use some dozens.
const KEPT: usize = 512;

/// The arities of commands, by their names as they stand. Who asks need not be alone to do so.
#[derive(Clone, Debug, Default)]
pub(super) struct Arities {
    slots: OnceCell<Box<[Cell<Kept>]>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    name: u128,
    /// 0 where the name alone tells the command.
    subcommand: u128,
    arity: Option<i16>,
    /// The subcommand tells the command.
    is_container: bool,
}

impl Arities {
    /// That of the command of a call.
    #[inline]
    pub(super) fn of(&self, args: &Args<'_>) -> Option<i16> {
        let Some(name) = args.short(0) else { return arity(args) };
        match self.kept(name, 0) {
            Some(Kept { is_container: false, arity, .. }) => arity,
            _ => self.of_two(args, name),
        }
    }

    #[inline]
    fn kept(&self, name: u128, subcommand: u128) -> Option<Kept> {
        let kept = self.slots.get()?.get(place(name, subcommand))?.get();
        (kept.name == name && kept.subcommand == subcommand).then_some(kept)
    }

    /// The fewest arguments that the command can have, its names included.
    #[inline]
    pub(super) fn least(&self, args: &Args<'_>) -> Option<usize> {
        self.of(args).map(|arity| usize::from(arity.unsigned_abs()))
    }

    /// The same where the name may not tell it alone.
    #[inline(never)]
    fn of_two(&self, args: &Args<'_>, name: u128) -> Option<i16> {
        let is_container = match self.kept(name, 0) {
            Some(kept) => kept.is_container,
            None => args.get(0).is_some_and(|name| command::is_container(name.raw)),
        };
        if !is_container {
            return self.keep(Kept { name, subcommand: 0, arity: arity(args), is_container });
        }
        self.keep(Kept { name, subcommand: 0, arity: None, is_container });
        let Some(subcommand) = args.short(1) else { return arity(args) };
        match self.kept(name, subcommand) {
            Some(kept) => kept.arity,
            None => self.keep(Kept { name, subcommand, arity: arity(args), is_container: false }),
        }
    }

    fn keep(&self, kept: Kept) -> Option<i16> {
        let slots = self.slots.get_or_init(|| vec![Cell::default(); KEPT].into());
        slots.get(place(kept.name, kept.subcommand)).into_iter().for_each(|free| free.set(kept));
        kept.arity
    }
}

#[inline]
fn place(name: u128, subcommand: u128) -> usize {
    let both = name ^ subcommand.rotate_left(37);
    (((both ^ both >> 64) as u64).wrapping_mul(SPREAD) >> (64 - KEPT.ilog2())) as usize
}

/// The arity of the command of a call, at least as many where it is negative.
pub(super) fn arity(args: &Args<'_>) -> Option<i16> {
    command::resolve(args).map(|command| command.spec().arity)
}
