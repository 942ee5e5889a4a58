//! Who uses the keys of a pattern, as far as summaries show it: examples of calls, and how many clients there are.

use std::collections::BTreeSet;

use super::Facts;
use super::monitor::keys;
use crate::output::number::Noun;
use crate::report::{Bytes, PatternRow};

/// Clients that are looked at: more in one sentence say nothing.
const MOST: usize = 4;

/// `1 client (importer)`, `5 clients (importer and others)`, or `5 clients` where no example shows who.
pub fn words(facts: &Facts<'_>, row: &PatternRow) -> String {
    let count = Noun("client", "clients").count(row.clients);
    let seen = seen(facts, row);
    match seen.is_empty() {
        true => count,
        false => format!("{count} ({})", keys::who(&seen, row.clients > seen.len() as u64, facts)),
    }
}

/// Addresses of clients with a call that is shown and whose key is of the pattern.
fn seen(facts: &Facts<'_>, row: &PatternRow) -> Vec<Bytes> {
    let pattern = row.pattern.text();
    let conduct = facts.conduct;
    let runs = conduct.runs.iter().map(|run| (&run.client, &run.example));
    let sightings = conduct.sightings.iter();
    let sightings = sightings.flat_map(|held| held.examples.iter().map(|example| (&held.client, example)));
    let shown = runs.chain(sightings).chain(&conduct.openings);
    // A client's call comes first in its line, and its first key behind the command.
    let fitting = shown.filter_map(|(client, example)| {
        let key = example.text.split(' ').nth(1).filter(|key| fits(&pattern, key))?;
        Some((client, key.to_owned()))
    });
    let mut seen = BTreeSet::new();
    for (client, key) in fitting {
        // Only a few come so far: what decides is whether the key may be of another pattern.
        if facts.client(client).is_some() && !seen.contains(client) && is_only(facts, &key) {
            seen.insert(client.clone());
            if seen.len() == MOST {
                break;
            }
        }
    }
    seen.extend(row.habits.growing.iter().flat_map(|held| held.clients.iter().cloned()));
    seen.into_iter().take(MOST).collect()
}

/// Whether a key may be of a pattern: a star stands for a part of one segment. A key that is shown cut off is of
/// none.
fn fits(pattern: &str, key: &str) -> bool {
    let parts = |text: &str| text.matches(':').count();
    !key.ends_with('…') && parts(pattern) == parts(key) && keys::matches(pattern, key)
}

/// Whether a key can be of one pattern only.
fn is_only(facts: &Facts<'_>, key: &str) -> bool {
    let rows = &facts.report.key_patterns.rows;
    rows.iter().filter(|row| fits(&row.pattern.text(), key)).take(2).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_a_part_of_one_segment() {
        for (pattern, key, is_fit) in [
            ("promo:*", "promo:17", true),
            ("promo:*", "promo:17:x", false),
            ("promo:*", "promo:17…", false),
            ("lock:{order:*}", "lock:{order:12}", true),
            ("promo:*:spring", "promo:4:autumn", false),
            ("promo", "promo", true),
        ] {
            assert_eq!(fits(pattern, key), is_fit, "{pattern} {key}");
        }
    }
}
