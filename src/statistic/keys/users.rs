//! Which clients used a key. Most keys of a capture with many have one user, so that one stands in place, and the sets
//! of more stand apart: what is kept of such a key is short, and nothing is to be freed with it.

use crate::statistic::clients::ClientIndex;
use crate::statistic::members::{FREE, Members};

/// The clients of one key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Users {
    /// One of them, or [`FREE`].
    first: ClientIndex,
    /// The number of the set of all of them; [`FREE`] while there is one at most.
    set: u32,
}

impl Users {
    /// None.
    pub const NONE: Users = Users { first: FREE, set: FREE };

    /// One.
    pub fn one(client: ClientIndex) -> Users {
        Users { first: client, set: FREE }
    }
}

/// The sets of those that are more.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets(Vec<Members>);

impl Sets {
    fn of(&self, users: Users) -> Option<&Members> {
        self.0.get(users.set as usize)
    }

    /// Adds one.
    #[inline]
    pub fn insert(&mut self, users: &mut Users, client: ClientIndex) {
        if users.first != client {
            self.other(users, client);
        }
    }

    /// Adds one that is not the first.
    #[inline]
    fn other(&mut self, users: &mut Users, client: ClientIndex) {
        match self.0.get_mut(users.set as usize) {
            Some(set) => set.insert(client),
            None if users.first == FREE => users.first = client,
            None => self.open(users).into_iter().for_each(|set| set.insert(client)),
        }
    }

    /// The set of all.
    #[inline(never)]
    fn open(&mut self, users: &mut Users) -> Option<&mut Members> {
        if users.set == FREE {
            users.set = u32::try_from(self.0.len()).unwrap_or(FREE);
            self.0.push(if users.first == FREE { Members::NONE } else { Members::one(users.first) });
        }
        self.0.get_mut(users.set as usize)
    }

    /// Adds all of `theirs`, whose sets are `later`, renamed by `names`.
    pub fn merge(&mut self, users: &mut Users, later: &Sets, theirs: Users, names: &[ClientIndex]) {
        match later.of(theirs) {
            Some(set) => self.open(users).into_iter().for_each(|mine| mine.merge(set, names)),
            None => names.get(theirs.first as usize).into_iter().for_each(|name| self.insert(users, *name)),
        }
    }

    /// Adds all to a set.
    pub fn unite(&self, users: Users, set: &mut Members) {
        match self.of(users) {
            Some(theirs) => set.union(theirs),
            None if users.first == FREE => {}
            None => set.insert(users.first),
        }
    }

    /// How many.
    pub fn len(&self, users: Users) -> u64 {
        self.of(users).map_or((users.first != FREE).into(), Members::len)
    }

    /// How many of them are as `is` says; all of those who are not known.
    pub fn count(&self, users: Users, is: impl Fn(ClientIndex) -> bool) -> u64 {
        match self.of(users) {
            Some(set) => set.count(is),
            None => (users.first != FREE && is(users.first)).into(),
        }
    }

    /// Words of memory that their bitmap takes.
    pub fn words(&self, users: Users) -> usize {
        self.of(users).map_or(0, Members::words)
    }

    /// Lets go of who they are, and keeps how many.
    pub fn freeze(&mut self, users: Users) {
        self.0.get_mut(users.set as usize).into_iter().for_each(Members::freeze);
    }

    /// Whether this was done to any.
    pub fn are_frozen(&self) -> bool {
        self.0.iter().any(|set| matches!(set, Members::AtLeast(_)))
    }

    /// All of these. This one is empty then, and keeps its memory.
    pub fn take(&mut self) -> Sets {
        Sets(self.0.drain(..).collect())
    }

    /// Takes their set out, into the next of `kept`.
    pub fn keep(&mut self, users: &mut Users, kept: &mut Sets) {
        if let Some(mine) = self.0.get_mut(users.set as usize) {
            users.set = u32::try_from(kept.0.len()).unwrap_or(FREE);
            kept.0.push(std::mem::take(mine));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_those_of_one_set_wherever_they_stand() {
        let mut sets = Sets::default();
        for (first, then) in [
            (&[][..], &[][..]),
            (&[], &[3]),
            (&[3], &[3]),
            (&[3], &[]),
            (&[1, 2], &[2, 3]),
            (&[4], &[0, 1, 2, 3, 4, 5]),
        ] {
            let (mut later, mut mine, mut theirs, mut set) =
                (Sets::default(), Users::NONE, Users::NONE, Members::NONE);
            first.iter().for_each(|client| sets.insert(&mut mine, *client));
            then.iter().for_each(|client| later.insert(&mut theirs, *client));
            first.iter().for_each(|client| set.insert(*client));
            then.iter().for_each(|client| set.insert(client + 1));
            sets.merge(&mut mine, &later, theirs, &[1, 2, 3, 4, 5, 6]);
            let mut united = Members::NONE;
            sets.unite(mine, &mut united);
            let has = [sets.len(mine), united.len(), sets.words(mine) as u64];
            assert_eq!(has, [set.len(), set.len(), set.words() as u64], "{first:?} {then:?}");
            let is_odd = |client| client % 2 == 1;
            assert_eq!(sets.count(mine, is_odd), set.count(is_odd), "{first:?} {then:?}");
        }
    }

    #[test]
    fn sets_stay_with_their_users() {
        let (mut sets, mut kept) = (Sets::default(), Sets::default());
        let mut users = [Users::NONE; 4];
        for (n, user) in (0..).zip(&mut users) {
            (0..=5 * n).for_each(|client| sets.insert(user, client));
        }
        sets.freeze(users[3]);
        assert!(sets.are_frozen());
        users[2..].iter_mut().for_each(|users| sets.keep(users, &mut kept));
        assert_eq!(users[2..].iter().map(|users| kept.len(*users)).collect::<Vec<_>>(), [11, 16]);
        kept.insert(&mut users[3], 99);
        kept.insert(&mut users[2], 99);
        assert_eq!(users[2..].iter().map(|users| kept.len(*users)).collect::<Vec<_>>(), [12, 16]);
    }
}
