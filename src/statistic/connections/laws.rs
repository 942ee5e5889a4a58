//! Observing a capture whole equals merging what its pieces gave, however they are cut and bracketed.

mod again;

use crate::format::Format;
use crate::format::client_list::ClientList;
use crate::pattern::Rules;
use crate::report::Bytes;
use crate::statistic::observer::Observer;
use crate::statistic::partial::{Partial, Room};

/// Knuth's MMIX generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// A made-up series: clients come and go, the server starts anew, separators are of every kind or none.
fn capture(dice: &mut Dice, start: u64) -> String {
    let mut text = String::new();
    let (mut clients, mut next, mut time) = (Vec::new(), 3_u64, start);
    for number in 0..12 {
        if dice.below(7) == 0 {
            (clients, next) = (Vec::new(), 3);
        }
        for _ in 0..dice.below(4) {
            clients.push((next, time, dice.below(3)));
            next += 1 + dice.below(3) as u64;
        }
        if !clients.is_empty() && dice.below(3) == 0 {
            clients.remove(dice.below(clients.len()));
        }
        time += 1 + dice.below(60) as u64;
        let mut prefix = String::new();
        match dice.below(6) {
            0 => text.push_str(&format!("{time}\n")),
            1 => text.push_str("\n---\n"),
            2 => text.push_str(&format!("=== {time} ===\n\n")),
            3 => prefix = format!("{time},"),
            4 => text.push_str("(error) LOADING\n"),
            _ => {}
        }
        for (id, since, name) in &clients {
            let (age, port) = (time.saturating_sub(*since), 40_000 + id * 7);
            text.push_str(&format!(
                "{prefix}id={id} addr=10.0.0.{name}:{port} fd=8 name=app-{name} age={age} idle=1 flags=N db=0 sub=0 omem={number} user=default\n"
            ));
        }
        if dice.below(2) == 0 {
            text.push_str(&format!(
                "{prefix}id={next} addr=1.1.1.1:{next} fd=9 name= age=0 idle=0 flags=N cmd=client\n"
            ));
            next += 1;
        }
    }
    text
}

fn observe(text: &[u8], offset: u64, input: u32) -> Partial {
    observe_within(text, offset, input, Room::default())
}

fn observe_within(text: &[u8], offset: u64, input: u32, room: Room) -> Partial {
    let rules = Rules::default();
    let mut observer = Observer::new(input, text, &rules).within(room);
    ClientList.scan(text, offset, &mut observer);
    observer.finish(memchr::memchr_iter(b'\n', text).count() as u64)
}

/// A capture cut behind some lines.
fn cuts(text: &str, dice: &mut Dice, pieces: usize) -> Vec<std::ops::Range<usize>> {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).collect();
    let mut cuts: Vec<usize> = (0..pieces).map(|_| ends[dice.below(ends.len())]).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| cut[0]..cut[1]).collect()
}

/// Its parts.
fn parts(text: &str, input: u32, dice: &mut Dice, pieces: usize) -> Vec<Partial> {
    let part = |cut: std::ops::Range<usize>| observe(&text.as_bytes()[cut.clone()], cut.start as u64, input);
    cuts(text, dice, pieces).into_iter().map(part).collect()
}

/// Merges neighbours in any order until one is left.
fn bracketed(mut parts: Vec<Partial>, dice: &mut Dice) -> Partial {
    while parts.len() > 1 {
        let at = dice.below(parts.len() - 1);
        let later = parts.remove(at + 1);
        parts[at].merge(later, &Rules::default());
    }
    parts.remove(0)
}

fn shown(mut partial: Partial, paths: &[Bytes]) -> String {
    let summary = partial.finish(&Rules::default(), paths, None, None);
    serde_json::to_string(&(summary.connections, summary.timeline)).unwrap()
}

#[test]
fn pieces_merge_to_the_whole() {
    let paths = [Bytes::from(&b"a.log"[..]), Bytes::from(&b"b_1781792357.log"[..])];
    for seed in 0..60 {
        let dice = &mut Dice(seed);
        let texts = [capture(dice, 1_781_790_000), capture(dice, 1_781_792_000)];
        // As a run merges: into a value that is told of the inputs, each part in the room of the one before.
        let (mut run, mut room) = (Partial::default(), Room::default());
        for (input, text) in (0..).zip(&texts) {
            run.end_input();
            run.start_input(input, &paths[input as usize].0, None);
            for cut in cuts(text, dice, 4) {
                let part = observe_within(&text.as_bytes()[cut.clone()], cut.start as u64, input, room);
                room = run.merge(part, &Rules::default());
            }
        }
        let whole = shown(run, &paths);
        assert!(whole.contains("app-1"), "{whole}");
        for pieces in [0, 1, 5, 30] {
            let mut all = parts(&texts[0], 0, dice, pieces);
            all.extend(parts(&texts[1], 1, dice, pieces));
            // The default is empty.
            all.insert(dice.below(all.len() + 1), Partial::default());
            assert_eq!(shown(bracketed(all, dice), &paths), whole, "seed {seed}, {pieces} pieces");
        }
    }
}

#[test]
fn a_new_start_of_the_server_is_told() {
    let row = |id: u64, port: u64, age: u64| {
        format!("id={id} addr=10.0.0.1:{port} fd=8 name=a age={age} idle=0 flags=N\n")
    };
    let paths = [Bytes::default()];
    for (text, runs, restarted) in [
        // Ids went down, nobody is older than the minute between.
        (format!("1781792357\n{}1781792417\n{}", row(900, 5, 500), row(4, 6, 30)), "[0, 1]", 1),
        // A run that came as far as the one before, and one that came farther.
        (format!("1781792357\n{}1781792417\n{}", row(4, 5, 500), row(4, 6, 30)), "[0, 1]", 1),
        (
            format!("1781792357\n{}1781792417\n{}{}", row(50, 5, 500), row(4, 6, 30), row(90, 7, 1)),
            "[0, 1]",
            1,
        ),
        // Ids went down without a clock: ages went back.
        (format!("\n{}\n{}", row(900, 5, 500), row(4, 6, 30)), "[0, 1]", 1),
        // An old client that was not in the first dump: another server's.
        (format!("1781792357\n{}1781792417\n{}", row(900, 5, 500), row(4, 6, 5_000)), "[0, 1]", 0),
        // Ids go up.
        (format!("1781792357\n{}1781792417\n{}", row(900, 5, 500), row(901, 6, 30)), "[0, 0]", 0),
        // Somebody stayed.
        (
            format!("1781792357\n{}{}1781792417\n{}", row(900, 5, 500), row(4, 6, 9), row(4, 6, 69)),
            "[0, 0]",
            0,
        ),
    ] {
        let mut partial = observe(text.as_bytes(), 0, 0);
        let found = partial.finish(&Rules::default(), &paths, None, None).connections;
        let seen: Vec<u32> = found.snapshots.iter().map(|row| row.run).collect();
        assert_eq!((format!("{seen:?}").as_str(), found.restarts), (runs, restarted), "{text}");
    }
}

/// Rows in short: id, address, the server's address, age.
type Rows<'a> = &'a [(u64, &'a str, &'a str, i64)];

/// A list without ids, as servers before 2.8.12 print it, or with them; `laddr` came with 6.2.
fn list(rows: Rows<'_>, has_id: bool) -> String {
    let row = |(id, address, server, age): &(u64, &str, &str, i64)| {
        let number = if has_id { format!("id={id} ") } else { String::new() };
        let own = if server.is_empty() { String::new() } else { format!("laddr={server} ") };
        format!("{number}addr={address} {own}fd={} name=a age={age} idle=0 flags=N\n", id + 5)
    };
    rows.iter().map(row).collect()
}

#[test]
fn a_sockets_clients_are_told_by_their_ages() {
    const PATH: &str = "/run/redis.sock:0";
    let cli = |id: u64| (id, ["1.1.1.1:7", "1.1.1.1:8", "1.1.1.1:9"][id as usize % 3], "", 0);
    let socket = |id: u64, age: i64| (id, PATH, "", age);
    let paths = [Bytes::default()];
    for (dumps, runs, restarted) in [
        // Clients that leak, and one that asks over TCP; the first had just connected.
        (
            vec![
                vec![socket(3, 1), cli(4)],
                vec![socket(3, 61), socket(5, 9), cli(6)],
                vec![socket(3, 121), socket(5, 69), socket(7, 3), cli(8)],
            ],
            "[0, 0, 0]",
            0,
        ),
        // The same, and all who ask come by the socket too.
        (vec![vec![socket(3, 1)], vec![socket(3, 61), socket(4, 0)]], "[0, 0]", 0),
        // The ids came again, and connected later.
        (vec![vec![socket(3, 500), cli(40)], vec![socket(3, 21), cli(5)]], "[0, 1]", 1),
        (vec![vec![socket(3, 500)], vec![socket(3, 21)], vec![socket(3, 81)]], "[0, 1, 1]", 1),
    ] {
        for is_timed in [true, false] {
            let mut text = String::new();
            for (dump, number) in dumps.iter().zip(0..) {
                let sign =
                    if is_timed { format!("{}\n", 1_781_792_357 + 60 * number) } else { "---\n".to_owned() };
                text.push_str(&(sign + &list(dump, true)));
            }
            let mut partial = observe(text.as_bytes(), 0, 0);
            let found = partial.finish(&Rules::default(), &paths, None, None).connections;
            let seen: Vec<u32> = found.snapshots.iter().map(|row| row.run).collect();
            assert_eq!((format!("{seen:?}").as_str(), found.restarts), (runs, restarted), "{text}");
        }
    }
}

#[test]
fn servers_are_told_apart() {
    let a = |age: i64| [(3, "10.0.0.1:5", "", age + 900), (7, "10.0.0.1:6", "", age + 30)];
    let b = |age: i64| [(2, "10.0.0.2:5", "", age + 700), (4, "10.0.0.2:6", "", age + 1)];
    let named = |rows: [(u64, &'static str, &'static str, i64); 2], own: &'static str| {
        rows.map(|(id, address, _, age)| (id, address, own, age - age.min(690)))
    };
    let file = |dumps: &[(i64, Rows<'_>)], has_id: bool| -> String {
        let dump = |(at, rows): &(i64, Rows<'_>)| format!("{}\n{}", 1_781_792_357 + at, list(rows, has_id));
        dumps.iter().map(dump).collect()
    };
    let (of_a, of_b) = (named(a(0), "10.0.1.1:6379"), named(b(0), "10.0.1.2:6379"));
    let young = |id: u64, address: &'static str, age: i64| [(id, address, "", age)];
    for (files, servers, restarted) in [
        // At the same times, each going on.
        (
            [
                file(&[(0, &a(0)), (60, &a(60)), (120, &a(120))], true),
                file(&[(0, &b(0)), (60, &b(60)), (120, &b(120))], true),
            ],
            "[0, 1, 0, 1, 0, 1]",
            0,
        ),
        // Without ids.
        (
            [file(&[(0, &a(0)), (60, &a(60))], false), file(&[(1, &b(1)), (61, &b(61))], false)],
            "[0, 1, 0, 1]",
            0,
        ),
        // Both had just started.
        (
            [
                file(&[(0, &young(3, "h:1", 0)), (60, &young(3, "h:1", 60))], true),
                file(&[(1, &young(3, "h:2", 0)), (61, &young(3, "h:2", 60))], true),
            ],
            "[0, 1, 0, 1]",
            0,
        ),
        // One after the other: somebody was there already, and not in the first list.
        ([file(&[(0, &a(0))], true), file(&[(60, &b(60))], true)], "[0, 1]", 0),
        // The server's own addresses tell.
        ([file(&[(0, &of_a)], true), file(&[(900, &of_b)], true)], "[0, 1]", 0),
        // The same one, in two files, with a new start between.
        ([file(&[(0, &a(0))], true), file(&[(60, &young(3, "h:1", 20))], true)], "[0, 0]", 1),
        // One that everybody left.
        ([file(&[(0, &a(0))], true), file(&[(60, &young(8, "h:1", 20))], true)], "[0, 0]", 0),
    ] {
        check(["a.log", "b.log"], &files, servers, restarted);
    }
    // In folders of their own they are two servers', unless its own address says that they are one's.
    let anew = file(&[(60, &young(3, "h:1", 20))], true);
    check(["a/c.log", "b/c.log"], &[file(&[(0, &a(0))], true), anew], "[0, 1]", 0);
    let anew = file(&[(900, &[(3, "h:1", "10.0.1.1:6379", 20)])], true);
    check(["a/c.log", "b/c.log"], &[file(&[(0, &of_a)], true), anew], "[0, 0]", 1);
}

/// Reads two files in either order.
fn check(names: [&str; 2], files: &[String; 2], servers: &str, restarted: u64) {
    let paths = names.map(|name| Bytes::from(name.as_bytes()));
    for order in [[0_usize, 1], [1, 0]] {
        let mut run = Partial::default();
        for (input, at) in (0_u32..).zip(order) {
            run.start_input(input, &paths[at].0, None);
            run.merge(observe(files[at].as_bytes(), 0, input), &Rules::default());
        }
        let found = run.finish(&Rules::default(), &order.map(|at| paths[at].clone()), None, None).connections;
        let seen: Vec<u32> = found.snapshots.iter().map(|row| row.server).collect();
        assert_eq!(format!("{seen:?}"), servers, "{files:?}");
        assert_eq!(found.restarts, restarted, "{files:?}");
        // Nobody came or went where all went on.
        let new: u64 = found.growth.iter().filter(|row| row.by == "name").map(|row| row.births).sum();
        assert_eq!(new > 0, servers == "[0, 0]", "{files:?}");
    }
}

#[test]
fn files_may_come_in_any_order() {
    let row =
        |id: u64, age: u64| format!("id={id} addr=10.0.0.1:{id} fd=8 name=a age={age} idle=0 flags=N\n");
    let late = format!("{}{}", row(4, 90), row(9, 30));
    let early = format!("{}{}", row(4, 30), row(5, 20));
    for (names, modified) in [
        (["clients_1781792417.txt", "clients_1781792357.txt"], [None, None]),
        (["after.txt", "before.txt"], [Some(1_781_792_417_000_000), Some(1_781_792_357_000_000)]),
    ] {
        let paths = names.map(|name| Bytes::from(name.as_bytes()));
        let mut run = Partial::default();
        for (input, text) in [(0_u32, &late), (1, &early)] {
            let at = input as usize;
            run.start_input(input, &paths[at].0, modified[at]);
            run.merge(observe(text.as_bytes(), 0, input), &Rules::default());
        }
        let found = run.finish(&Rules::default(), &paths, None, None).connections;
        let order: Vec<_> = found.snapshots.iter().map(|row| row.path.text()).collect();
        assert_eq!(order, [names[1], names[0]]);
        let ages: Vec<_> = found.rows.iter().map(|row| (row.id, row.age.get(), row.snapshots)).collect();
        // 5 is gone.
        assert_eq!(ages, [(Some(4), Some(90), 2), (Some(9), Some(30), 1), (Some(5), Some(20), 1)]);
        let growth = found.growth.iter().find(|row| row.by == "name").unwrap();
        assert_eq!((growth.births, growth.deaths, growth.mean_lifetime_seconds), (1, 1, Some(20.0)));
        // Without a clock the age of client 4 tells the minute between.
        assert_eq!((growth.per_minute, growth.births_per_minute), (Some(0.0), Some(1.0)));
    }
}

#[test]
fn ages_tell_rates_where_there_is_no_clock() {
    let row = |id: u64, age: i64| {
        format!("id={id} addr=10.0.0.1:{} fd=8 name=a age={age} idle=0 flags=N\n", 40_000 + id)
    };
    let first = row(3, 100);
    let second = row(3, 130) + &row(4, 5);
    for (third, rates) in [
        // Client 3 tells half a minute, client 4 another one.
        (row(4, 35) + &row(5, 1), Some((1.0, 2.0, 1.0))),
        // The oldest tells; a second more or less in the age of another is its rounding.
        (row(4, 36) + &row(3, 160), Some((1.0, 1.0, 0.0))),
        (row(4, -1) + &row(3, 160), Some((1.0, 1.0, 0.0))),
        // Nobody stayed.
        (row(5, 1) + &row(6, 1), None),
        // No time went by.
        (row(3, 100) + &row(4, 0), None),
    ] {
        let text = format!("{first}\n{second}---\n{third}");
        let mut partial = observe(text.as_bytes(), 0, 0);
        let found = partial.finish(&Rules::default(), &[Bytes::default()], None, None).connections;
        let growth = found.growth.iter().find(|row| row.by == "name").unwrap();
        let told = growth.per_minute.zip(growth.births_per_minute).zip(growth.deaths_per_minute);
        assert_eq!(told.map(|((all, births), deaths)| (all, births, deaths)), rates, "{text}");
        let elapsed = found.snapshots.last().unwrap().elapsed_seconds;
        assert_eq!(elapsed.filter(|seconds| *seconds > 0), rates.map(|_| 60), "{text}");
    }
}
