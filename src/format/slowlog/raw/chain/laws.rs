//! What is not looked at changes nothing.

use proptest::prelude::*;

use super::*;

/// Lines of entries and of what is none.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let entry = |(id, time, args): (u64, u64, &str)| format!("{id}\n{time}\n7\n{args}");
    let args = prop::sample::select(vec![
        "GET\nk\n10.0.0.7:40630\napp\n",
        "GET\nk\n\n\n",
        "SET\nk\nv\nw\n10.0.0.7:40630\n\n",
        "k\n",
        "GET\nk\n10.0.0.7:40630\napp\n---\n",
    ]);
    let apart = (0_u64..40, 1_795_172_000_u64..1_795_173_000, args).prop_map(entry);
    let run = (
        20_u64..40,
        prop::collection::vec(
            prop::sample::select(vec![
                "GET\nk\n10.0.0.7:40630\napp\n",
                "SET\nk\nv\nw\n10.0.0.7:40630\napp\n",
                "SET\nk\n9\n1795172000\n7\nv\n10.0.0.7:40630\napp\n",
            ]),
            9..20,
        ),
    )
        .prop_map(move |(newest, all)| {
            all.into_iter()
                .enumerate()
                .map(|(at, args)| entry((newest - at as u64, 1_795_172_500, args)))
                .collect()
        });
    prop::collection::vec(prop_oneof![1 => apart, 1 => run], 1..12).prop_map(|all| all.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_not_looked_at_could_not_be_better(text in text()) {
        let places = Places::of(&text);
        for shape in [Shape::Four, Shape::Six, Shape::Seven, Shape::Sized] {
            for sparse in [false, true] {
                let scales = Scales { lines: places.lines(), starts: &places.starts, shape, sparse };
                let shown = |path: Path<'_>| format!("{:?}", path.best);
                let (short, whole) = (scales.path(), scales.path_sure_behind(usize::MAX, Vec::new(), Vec::new()));
                prop_assert_eq!(shown(short), shown(whole), "{:?}", shape);
            }
        }
    }

    #[test]
    fn what_is_found_on_a_short_way_is_found_on_the_long_one(text in text()) {
        let places = Places::of(&text);
        let dead = vec![false; places.starts.len()];
        for shape in [Shape::Four, Shape::Six, Shape::Seven, Shape::Sized] {
            let scales = Scales { lines: places.lines(), starts: &places.starts, shape, sparse: false };
            let mut ids = Near::default();
            for (from, start) in places.starts.iter().enumerate().rev() {
                let fit = |to: usize| scales.segment(from, to)?.fit(shape);
                let told = scales.segment(from, from + 1).and_then(|segment| segment.told(shape));
                prop_assert_eq!(told, fit(from + 1).map(|fit| (fit.address, fit.neat)), "{:?}", shape);
                let near = places.starts.iter().enumerate().skip(from + 1);
                let mut near = near.take_while(|(_, next)| next.id != start.id);
                let next = near.find_map(|(to, next)| Some((to, start.precedes(next).then(|| fit(to))??)));
                let next = next.filter(|_| matches!(shape, Shape::Six | Shape::Seven));
                prop_assert_eq!(scales.following(from, start, &dead, &ids), next, "{:?}", shape);
                ids.add(start.id, from);
            }
        }
    }
}
