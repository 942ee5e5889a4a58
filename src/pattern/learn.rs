//! Learnt ids: positions that take more values than a bound, whatever the values look like.
//!
//! Shapes are read as paths of segments. Under one parent (the segments before, as they are in the
//! result) the values of the last segment and those of segments with more to come are counted apart. Past
//! the bound all values of such a group become `*`, what stood below them is put together, and the same
//! is decided for it, from the top down.
//!
//! Counts only grow, and what they decide is kept: learning from a part of the shapes, replacing these by
//! what they became, and learning again later ends where learning from all of them at once does.

use std::collections::{BTreeMap, BTreeSet};

use super::class::Classes;
use super::finish::Patterns;
use super::shape::Rules;
use super::tree::{Group, Ids, Node, Tree};
use super::{is_star, star};

/// Different values that a position may take under one parent before all of them become `*`.
pub const BOUND: usize = 32;

/// The same for the first segment, which has no parent: namespaces, or the stems of keys without one.
pub const ROOT_BOUND: usize = 256;

/// Which positions are ids, as far as the shapes that were shown tell.
///
/// Its memory grows with the positions that were found to be ids and the segments that lead to them, never
/// with shapes: each such position stands for more than [`BOUND`] shapes that became one.
/// With a depth ([`Rules::new`]) nothing is learnt.
#[derive(Clone, Debug)]
pub struct Learnt {
    rules: Rules,
    bound: usize,
    root_bound: usize,
    tree: Tree,
    /// Stems of keys of one segment that took too many values, as long as `tree` leaves them: `k*`.
    stems: BTreeSet<Vec<u8>>,
}

/// A segment of one shape, or of what is learnt already.
struct Head<'a> {
    group: usize,
    value: &'a [u8],
    separator: Option<u8>,
    rest: Rest<'a>,
}

#[derive(Clone, Copy)]
enum Rest<'a> {
    Shape(&'a [u8]),
    Learnt(&'a Node),
}

impl Head<'_> {
    fn edge(&self) -> (&[u8], Option<u8>) {
        (self.value, self.separator)
    }
}

impl Learnt {
    /// Nothing learnt yet.
    pub fn new(rules: &Rules) -> Self {
        Learnt::with_bounds(rules, BOUND, ROOT_BOUND)
    }

    pub(super) fn with_bounds(rules: &Rules, bound: usize, root_bound: usize) -> Self {
        Learnt { rules: rules.clone(), bound, root_bound, tree: Tree::default(), stems: BTreeSet::new() }
    }

    /// Learns from all shapes there are by now, each as [`Rules::shape`] wrote it or as [`Learnt::apply`]
    /// left it; their order means nothing. To keep a table of shapes small, call this when it has grown
    /// past a limit and replace each shape by what [`Learnt::apply`] makes of it. Where that does not
    /// shorten the table, the next call is worth its time (that of sorting the table) at twice its size.
    pub fn learn<'a>(&mut self, shapes: impl Iterator<Item = &'a [u8]>) {
        if self.rules.depth.is_some() {
            return;
        }
        let old = std::mem::take(&mut self.tree);
        let mut groups = vec![Group::default()];
        let mut live: Vec<(usize, Rest<'_>)> = shapes.map(|shape| (0, Rest::Shape(shape))).collect();
        live.extend(old.root().map(|root| (0, Rest::Learnt(root))));
        while !live.is_empty() {
            let mut heads = self.heads(&mut groups, &old, &live);
            live.clear();
            heads.sort_unstable_by(|a, b| side(a).cmp(&side(b)).then_with(|| a.edge().cmp(&b.edge())));
            for run in heads.chunk_by_mut(|a, b| side(a) == side(b)) {
                self.decide(&mut groups, run);
                self.descend(&mut groups, run, &mut live);
            }
        }
        self.tree = Tree::grow(&groups);
        if self.tree.root().is_some_and(|root| root.ids.last) {
            self.stems.clear();
        }
    }

    /// The next segment of each path in `live`.
    fn heads<'a>(
        &self,
        groups: &mut [Group<'a>],
        old: &'a Tree,
        live: &[(usize, Rest<'a>)],
    ) -> Vec<Head<'a>> {
        let classes = &self.rules.classes;
        let mut heads = Vec::with_capacity(live.len());
        for &(group, rest) in live {
            match rest {
                Rest::Shape(shape) => {
                    let (value, after) = classes.split(shape);
                    let separator = after.map(|(separator, _)| separator);
                    let rest = Rest::Shape(after.map_or(&[], |(_, rest)| rest));
                    heads.push(Head { group, value, separator, rest });
                }
                Rest::Learnt(node) => {
                    if let Some(group) = groups.get_mut(group) {
                        group.ids.add(node.ids);
                    }
                    for (edge, next) in old.below(node) {
                        let (value, after) = classes.split(edge);
                        let separator = after.map(|(separator, _)| separator);
                        heads.push(Head { group, value, separator, rest: Rest::Learnt(next) });
                    }
                }
            }
        }
        heads
    }

    /// Decides for the values of one group (all inner ones or all last ones of a parent, sorted) whether
    /// they are ids; if so they become `*`.
    fn decide(&mut self, groups: &mut [Group<'_>], run: &mut [Head<'_>]) {
        let Some((of, inner)) = run.first().map(side) else { return };
        let Some(group) = groups.get_mut(of) else { return };
        let full = match (of, inner) {
            (0, false) => self.learn_stems(run) > self.root_bound,
            (0, true) => values(run) > self.root_bound,
            _ => values(run) > self.bound,
        };
        group.ids.add(Ids { last: full && !inner, inner: full && inner });
        let ids = if inner { group.ids.inner } else { group.ids.last };
        if ids {
            for head in run.iter_mut() {
                head.value = star(head.value);
            }
            run.sort_unstable_by(|a, b| a.edge().cmp(&b.edge()));
        }
    }

    /// Keys of one segment. Those with one stem that are more than the bound allows make the stem an id's
    /// pattern; the answer is how many different stems there are.
    ///
    /// Stems that are patterns by then become `*` as all others do when the stems are too many: were they
    /// kept, it would matter which keys came before that.
    fn learn_stems(&mut self, run: &[Head<'_>]) -> usize {
        let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for same in run.chunk_by(|a, b| a.value == b.value) {
            let Some(head) = same.first() else { continue };
            if !is_star(head.value) {
                let mut stem = Vec::new();
                push_stem(head.value, &mut stem);
                *counts.entry(stem).or_default() += 1;
            }
        }
        let stems = counts.len();
        self.stems.extend(counts.into_iter().filter(|&(_, count)| count > self.bound).map(|(stem, _)| stem));
        stems
    }

    /// Makes the groups below the values of `run` and puts on the way what can still fill a group there.
    fn descend<'a>(&self, groups: &mut Vec<Group<'a>>, run: &[Head<'a>], live: &mut Vec<(usize, Rest<'a>)>) {
        for same in run.chunk_by(|a, b| a.edge() == b.edge()) {
            let Some(&Head { group: parent, value, separator, .. }) = same.first() else { continue };
            if separator.is_none() {
                continue;
            }
            let shapes = same.iter().filter(|head| matches!(head.rest, Rest::Shape(_))).count();
            let kept = |head: &&Head<'_>| shapes > self.bound || matches!(head.rest, Rest::Learnt(_));
            live.extend(same.iter().filter(kept).map(|head| (groups.len(), head.rest)));
            if live.last().is_some_and(|&(group, _)| group == groups.len()) {
                groups.push(Group { parent, value, separator, ids: Ids::default() });
            }
        }
    }

    /// Adds what was learnt from other shapes of the same capture; the order means nothing. What follows
    /// from both together comes with the next call of [`Learnt::learn`] on the shapes of both.
    pub fn merge(&mut self, other: &Learnt) {
        self.tree.add(&other.tree);
        self.stems.extend(other.stems.iter().cloned());
    }

    /// Replaces `out` by what is known of `shape` by now.
    pub fn apply(&self, shape: &[u8], out: &mut Vec<u8>) {
        out.clear();
        let mut node = self.tree.root();
        let mut rest = Some(shape);
        while let (Some(at), Some(shape)) = (node, rest) {
            let (value, after) = self.rules.classes.split(shape);
            let start = out.len();
            match after {
                Some((separator, _)) => {
                    out.extend_from_slice(if at.ids.inner { star(value) } else { value });
                    out.push(separator);
                    node = out.get(start..).and_then(|edge| self.tree.next(at, edge));
                }
                None if at.ids.last => out.extend_from_slice(star(value)),
                None => {
                    if start == 0 && !self.stems.is_empty() {
                        push_stem(value, out);
                    }
                    if !self.stems.contains(out.as_slice()) {
                        out.truncate(start);
                        out.extend_from_slice(value);
                    }
                }
            }
            rest = after.map(|(_, rest)| rest);
        }
        // Nothing is known from here on.
        out.extend_from_slice(rest.unwrap_or_default());
    }

    /// Learns from all shapes of the capture a last time; what they answer to [`Patterns::apply`] is final.
    pub fn finish<'a>(mut self, shapes: impl Iterator<Item = &'a [u8]> + Clone) -> Patterns {
        self.learn(shapes.clone());
        Patterns::new(self, shapes)
    }

    pub(super) fn classes(&self) -> Option<&Classes> {
        self.rules.depth.is_none().then_some(&self.rules.classes)
    }
}

fn side(head: &Head<'_>) -> (usize, bool) {
    (head.group, head.separator.is_some())
}

/// How many different values, ids not counted, stand in a sorted run.
fn values(run: &[Head<'_>]) -> usize {
    let different = run.chunk_by(|a, b| a.edge() == b.edge());
    different.filter(|same| same.first().is_some_and(|head| !is_star(head.value))).count()
}

/// `value` with a `*` for each run of digits, and for digits next to a `*` none.
fn push_stem(value: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    for &byte in value {
        let starred = out.get(start..).is_some_and(|stem| stem.ends_with(b"*"));
        match byte {
            b'0'..=b'9' if starred => {}
            b'0'..=b'9' => out.push(b'*'),
            byte => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What learning from `shapes` makes of each of `asked`.
    fn learnt(shapes: &[String], asked: &[&str]) -> Vec<String> {
        let mut learnt = Learnt::new(&Rules::default());
        learnt.learn(shapes.iter().map(|shape| shape.as_bytes()));
        let mut out = Vec::new();
        let apply = |shape: &&str| {
            learnt.apply(shape.as_bytes(), &mut out);
            String::from_utf8(out.clone()).unwrap()
        };
        asked.iter().map(apply).collect()
    }

    fn names(count: usize, form: impl Fn(&str) -> String) -> Vec<String> {
        let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap());
        (0..count).map(|n| form(&format!("{}{}{}", letter(n / 676), letter(n / 26), letter(n)))).collect()
    }

    #[test]
    fn a_position_with_more_values_than_the_bound_is_an_id() {
        let user = |name: &str| format!("user:{name}:profile");
        assert_eq!(learnt(&names(32, user), &["user:aaa:profile"]), ["user:aaa:profile"]);
        assert_eq!(
            learnt(&names(33, user), &["user:aaa:profile", "user:new", "x:y"]),
            ["user:*:profile", "user:new", "x:y"]
        );
        let session = |name: &str| format!("sess:{name}");
        assert_eq!(learnt(&names(33, session), &["sess:aaa", "sess:aaa:x"]), ["sess:*", "sess:aaa:x"]);
    }

    #[test]
    fn braces_stay_and_ids_do_not_count() {
        let tagged = names(33, |name| format!("lock:{{{name}}}:x"));
        assert_eq!(
            learnt(&tagged, &["lock:{a}:x", "lock:{*}:x", "lock:a:x"]),
            ["lock:{*}:x", "lock:{*}:x", "lock:*:x"]
        );
        let mut open = names(32, |name| format!("lock:{{{name}"));
        open.extend(["lock:*", "lock:{*}", "lock:{*", "lock:*}"].map(String::from));
        assert_eq!(learnt(&open, &["lock:{aaa"]), ["lock:{aaa"]);
    }

    #[test]
    fn what_stood_below_is_put_together() {
        // Each user has few fields, all users together have many.
        let mut shapes = names(1056, |name| format!("user:{name}:{}", name.replace('a', "x")));
        assert_eq!(learnt(&shapes, &["user:abc:new"]), ["user:*:*"]);
        shapes.truncate(32);
        assert_eq!(learnt(&shapes, &["user:abc:new"]), ["user:abc:new"]);
    }

    #[test]
    fn namespaces_have_a_wider_bound() {
        let space = |name: &str| format!("{name}:*");
        assert_eq!(learnt(&names(256, space), &["aaa:*"]), ["aaa:*"]);
        assert_eq!(learnt(&names(257, space), &["aaa:*", "aaa"]), ["*:*", "aaa"]);
    }

    #[test]
    fn keys_without_a_namespace_have_stems() {
        let numbered = |count: usize| (0..count).map(|n| format!("k{n}")).collect::<Vec<_>>();
        assert_eq!(learnt(&numbered(32), &["k7"]), ["k7"]);
        assert_eq!(
            learnt(&numbered(33), &["k7", "k1000", "k1x", "k7:x", "j7"]),
            ["k*", "k*", "k1x", "k7:x", "j7"]
        );
        let mut words = names(255, |name| name.to_string());
        words.extend(numbered(33));
        assert_eq!(learnt(&words, &["aaa", "k7"]), ["aaa", "k*"]);
        words.push("celery".into());
        assert_eq!(learnt(&words, &["aaa", "k7", "aaa:x"]), ["*", "*", "aaa:x"]);
    }

    #[test]
    fn the_separator_belongs_to_the_value() {
        let mut learnt = Learnt::new(&Rules::new(b":/", None));
        let shapes = names(33, |name| format!("a/{name}/b"));
        learnt.learn(shapes.iter().map(|shape| shape.as_bytes()));
        let mut out = Vec::new();
        for (shape, known) in [("a/x/b", "a/*/b"), ("a/x:b", "a/*:b"), ("a:x/b", "a:x/b")] {
            learnt.apply(shape.as_bytes(), &mut out);
            assert_eq!(out, known.as_bytes());
        }
    }

    #[test]
    fn with_a_depth_nothing_is_learnt() {
        let shapes = names(100, |name| format!("user:{name}:*"));
        let patterns =
            Learnt::new(&Rules::new(b":", Some(2))).finish(shapes.iter().map(|shape| shape.as_bytes()));
        let mut out = Vec::new();
        patterns.apply(b"user:aaa:*", &mut out);
        assert_eq!(out, b"user:aaa:*");
    }

    #[test]
    fn long_shapes_cost_little() {
        let deep = ":".repeat(1_000_000);
        let shapes = [deep.clone(), "x".repeat(10_000_000), format!("{deep}a")];
        let patterns = Learnt::new(&Rules::default()).finish(shapes.iter().map(|shape| shape.as_bytes()));
        let mut out = Vec::new();
        for shape in &shapes {
            patterns.apply(shape.as_bytes(), &mut out);
            assert!(out == shape.as_bytes());
        }
    }
}
