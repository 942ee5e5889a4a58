//! Rows that say what they have of the row before are counted as rows that do not.

use super::super::row::Row;
use super::super::{Connections, Item};
use super::{Dice, capture};
use crate::error::Reject;
use crate::event::{Again, ClientRow, Place, Sink, Skipped, SnapshotStart};
use crate::format::Format;
use crate::format::client_list::ClientList;
use crate::format::client_list::field::Field;

/// Takes rows as they are, and as though nothing was known of the row before.
#[derive(Default)]
struct Both {
    told: Connections,
    untold: Connections,
    again: u32,
}

impl Sink for Both {
    fn client(&mut self, row: &ClientRow<'_>) {
        self.again += row.again.fields.count_ones();
        self.told.observe(row, 0);
        self.untold.observe(&ClientRow { again: Again::default(), ..*row }, 0);
    }

    fn snapshot(&mut self, start: &SnapshotStart) {
        self.told.snapshot(start, 0);
        self.untold.snapshot(start, 0);
    }

    fn reject(&mut self, _: Reject<'_>) {}

    fn skip(&mut self, _: Place, _: u64, _: Skipped) {}

    fn gap(&mut self, _: Place) {}
}

/// What rows hold, however they hold it.
fn held(connections: &Connections) -> Vec<String> {
    let numbers = |row: &Row| -> Vec<_> { Field::ALL.iter().map(|field| row.number(*field)).collect() };
    let held = |item: &Item| match item {
        Item::Row(row) => format!("{:?}", (row.place, row.time, row.id, row.texts, numbers(row))),
        sign => format!("{sign:?}"),
    };
    connections.items.iter().map(held).collect()
}

#[test]
fn what_rows_have_again_changes_nothing() {
    let mut again = 0;
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut text = capture(&mut dice, 1_795_172_000);
        // Numbers of many digits, rows of another form, and such as cannot be read.
        text = text.replace("omem=3", "omem=30000000000").replace("omem=5 ", "omem=x ");
        text = text.replace("app-1 age=1", "app one age=1").replace("app-2 age=2", "app-2 fd=3 age=2");
        let text = text.replace("omem=7 user=default\n", "omem=7 user=default\r\n").replace("id=9 ", "id=9");
        let mut both = Both::default();
        ClientList.scan(text.as_bytes(), seed, &mut both);
        again += both.again;
        assert_eq!(held(&both.told), held(&both.untold), "{text}");
    }
    assert!(again > 1_000, "{again}");
}
