//! What learning keeps: a tree of the positions that are ids and of the segments that lead to them.

use std::collections::BTreeMap;

/// Which of the two groups of values under a parent are ids.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    /// Those of last segments.
    pub last: bool,
    /// Those of segments with more to come.
    pub inner: bool,
}

impl Ids {
    pub(super) fn add(&mut self, other: Ids) {
        self.last |= other.last;
        self.inner |= other.inner;
    }
}

/// A parent while learning; the root is its own.
#[derive(Default)]
pub(super) struct Group<'a> {
    /// Its own parent's place among the groups, before its own.
    pub parent: usize,
    /// The segment that leads here, as in the result.
    pub value: &'a [u8],
    /// The separator after it; the root has none.
    pub separator: Option<u8>,
    pub ids: Ids,
}

/// A parent that was learnt of.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub ids: Ids,
    /// By segment with its separator, as in the result.
    next: BTreeMap<Vec<u8>, usize>,
}

/// All of them, the root first.
#[derive(Clone, Debug)]
pub(super) struct Tree(Vec<Node>);

impl Default for Tree {
    fn default() -> Self {
        Tree(vec![Node::default()])
    }
}

impl Tree {
    /// The groups that have ids, and those that lead to them.
    pub(super) fn grow(groups: &[Group<'_>]) -> Self {
        let mut wanted: Vec<bool> = groups.iter().map(|group| group.ids.last || group.ids.inner).collect();
        for (at, group) in groups.iter().enumerate().rev() {
            if wanted.get(at).copied().unwrap_or_default()
                && let Some(parent) = wanted.get_mut(group.parent)
            {
                *parent = true;
            }
        }
        let mut nodes: Vec<Node> = Vec::new();
        let mut places = Vec::with_capacity(groups.len());
        for (group, wanted) in groups.iter().zip(wanted) {
            let place = nodes.len();
            places.push(place);
            if place > 0 && !wanted {
                continue;
            }
            nodes.push(Node { ids: group.ids, next: BTreeMap::new() });
            let parent = places.get(group.parent).and_then(|&parent| nodes.get_mut(parent));
            if let (Some(parent), Some(separator)) = (parent, group.separator) {
                parent.next.insert([group.value, &[separator]].concat(), place);
            }
        }
        Tree(nodes)
    }

    pub(super) fn root(&self) -> Option<&Node> {
        self.0.first()
    }

    /// What lies below the segment and separator `edge` of `node`.
    pub(super) fn next(&self, node: &Node, edge: &[u8]) -> Option<&Node> {
        self.0.get(*node.next.get(edge)?)
    }

    /// All that lies right below `node`.
    pub(super) fn below<'t>(&'t self, node: &'t Node) -> impl Iterator<Item = (&'t [u8], &'t Node)> {
        node.next.iter().filter_map(|(edge, &next)| Some((edge.as_slice(), self.0.get(next)?)))
    }

    /// Puts `other` over this tree, name by name.
    pub(super) fn add(&mut self, other: &Tree) {
        let mut open = vec![(0, 0)];
        while let Some((to, from)) = open.pop() {
            let fresh = self.0.len();
            let (Some(node), Some(from)) = (self.0.get_mut(to), other.0.get(from)) else { continue };
            node.ids.add(from.ids);
            let mut added = fresh;
            for (edge, &below) in &from.next {
                let next = *node.next.entry(edge.clone()).or_insert(added);
                added += usize::from(next == added);
                open.push((next, below));
            }
            self.0.resize_with(added, Node::default);
        }
    }
}
