//! Captures of a made-up web shop, the same bytes each time.

/// Calls of each capture.
pub const CALLS: u64 = 200_000;

/// What the shop does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "a benchmark takes what it needs")]
pub enum Mix {
    /// Some of everything: sessions, users, carts, counters.
    Shop,
    /// GET and HGET.
    Reads,
    /// SET with a time to live.
    Expiring,
    /// Pushes and adds to lists, sets, sorted sets and hashes, and reads of them whole.
    Collections,
    /// MGET and MSET of twenty keys.
    ManyKeys,
    /// SET of keys that never come again.
    NewKeys,
    /// KEYS, and nothing else.
    Harmful,
}

#[allow(dead_code, reason = "a benchmark takes what it needs")]
impl Mix {
    /// All of them.
    pub const ALL: [Mix; 7] =
        [Mix::Shop, Mix::Reads, Mix::Expiring, Mix::Collections, Mix::ManyKeys, Mix::NewKeys, Mix::Harmful];
}

/// MONITOR's lines of [`CALLS`] calls.
pub fn capture(mix: Mix) -> Vec<u8> {
    let mut out = b"OK\n".to_vec();
    let mut state = 1_u64;
    let mut next = |below: u64| {
        // Knuth's MMIX generator.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for at in 0..CALLS {
        let (micros, port) = (1_795_172_000_000_000 + at * 97, 40_000 + next(200));
        let id = next(50_000);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        let call = match mix {
            Mix::Shop => any(next(8), id),
            Mix::Reads if next(2) == 0 => format!(r#""HGET" "user:{id}:profile" "name""#),
            Mix::Reads => format!(r#""GET" "session:{id:016x}""#),
            Mix::Expiring => format!(r#""SET" "session:{id:016x}" "value {id}" "EX" "1800""#),
            Mix::Collections => collection(next(6), id),
            Mix::ManyKeys => many(next(2), id),
            Mix::Harmful => format!(r#""KEYS" "user:{id}:*""#),
            Mix::NewKeys => format!(r#""SET" "order:{at}" "paid""#),
        };
        out.extend_from_slice(
            format!("{seconds}.{rest:06} [0 10.0.0.{}:{port}] {call}\n", port % 9).as_bytes(),
        );
    }
    out
}

fn any(which: u64, id: u64) -> String {
    match which {
        0 => format!(r#""SET" "session:{id:016x}" "\x00\xffvalue {id}\n" "EX" "1800""#),
        1 => format!(r#""HGETALL" "user:{id}:profile""#),
        2 => format!(r#""MGET" "price:{id}" "price:{}" "price:{}""#, id + 1, id + 2),
        3 => format!(r#""ZADD" "board:{}" "{id}" "member:{id}""#, id % 40),
        4 => format!(r#""LPUSH" "queue:mail" "{{\"to\": \"user{id}@example.com\", \"body\": \"hello\"}}""#),
        5 => format!(r#""INCR" "rate:10.0.{}.{}""#, id % 7, id % 250),
        _ => format!(r#""GET" "session:{id:016x}""#),
    }
}

fn collection(which: u64, id: u64) -> String {
    match which {
        0 => format!(r#""RPUSH" "log:{}" "entry {id}""#, id % 90),
        1 => format!(r#""SADD" "tags:{}" "tag-{id}" "tag-{}""#, id % 500, id + 1),
        2 => format!(r#""HSET" "cart:{id}" "item" "{id}" "count" "1""#),
        3 => format!(r#""ZADD" "board:{}" "{id}" "member:{id}""#, id % 40),
        4 => format!(r#""ZRANGE" "board:{}" "0" "-1""#, id % 40),
        _ => format!(r#""SMEMBERS" "tags:{}""#, id % 500),
    }
}

fn many(which: u64, id: u64) -> String {
    let keys = (0..20).map(|next| format!("price:{}", id + next));
    match which {
        0 => keys.fold(r#""MGET""#.to_owned(), |call, key| format!(r#"{call} "{key}""#)),
        _ => keys.fold(r#""MSET""#.to_owned(), |call, key| format!(r#"{call} "{key}" "9.99""#)),
    }
}
