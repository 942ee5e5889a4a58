//! Messages as the forms print them, for tests.

/// Strings in the notation of a form, so that most lines can be read.
fn notated(form: usize, text: &[u8]) -> Vec<u8> {
    match form {
        0 => text.to_vec(),
        4 => notated(1, text).split(|byte| *byte == b'\\').collect::<Vec<_>>().join(&b"\\\\"[..]),
        1 | 2 => text
            .iter()
            .flat_map(|byte| match byte {
                b'"' | b'\\' => vec![b'\\', *byte],
                b'\n' => b"\\n".to_vec(),
                0x20..=0x7e => vec![*byte],
                _ => format!("\\x{byte:02x}").into_bytes(),
            })
            .collect(),
        3 => serde_json::to_vec(&String::from_utf8_lossy(text)).unwrap()[1..]
            .strip_suffix(b"\"")
            .unwrap()
            .to_vec(),
        _ => text.iter().flat_map(|byte| byte.escape_ascii()).collect(),
    }
}

/// A message as one of the forms prints it.
pub fn printed(form: usize, [subscription, channel, payload]: [&[u8]; 3]) -> Vec<u8> {
    let [subscription, channel, payload] = [subscription, channel, payload].map(|text| notated(form, text));
    let patterned = !subscription.is_empty();
    let parts: &[&[u8]] = match (form, patterned) {
        (0, true) => &[b"pmessage\n", &subscription, b"\n", &channel, b"\n", &payload, b"\n"],
        (0, false) => &[b"message\n", &channel, b"\n", &payload, b"\n"],
        (1, true) => &[b"\"pmessage\",\"", &subscription, b"\",\"", &channel, b"\",\"", &payload, b"\"\n"],
        (1, false) => &[b"\"message\",\"", &channel, b"\",\"", &payload, b"\"\n"],
        (2, true) => &[
            b"1) \"pmessage\"\n2) \"",
            &subscription,
            b"\"\n3) \"",
            &channel,
            b"\"\n4) \"",
            &payload,
            b"\"\n",
        ],
        (2, false) => &[b"1) \"message\"\n2) \"", &channel, b"\"\n3) \"", &payload, b"\"\n"],
        (3 | 4, true) => {
            &[b"[\"pmessage\",\"", &subscription, b"\",\"", &channel, b"\",\"", &payload, b"\"]\n"]
        }
        (3 | 4, false) => &[b"[\"message\",\"", &channel, b"\",\"", &payload, b"\"]\n"],
        (5, true) => &[
            b"{'type': 'pmessage', 'pattern': b'",
            &subscription,
            b"', 'channel': b'",
            &channel,
            b"', 'data': b'",
            &payload,
            b"'}\n",
        ],
        (5, false) => &[
            b"{'type': 'message', 'pattern': None, 'channel': b'",
            &channel,
            b"', 'data': b'",
            &payload,
            b"'}\n",
        ],
        _ => &[
            b"{'type': 'pmessage', 'pattern': '",
            &subscription,
            b"', 'channel': '",
            &channel,
            b"', 'data': '",
            &payload,
            b"'}\n",
        ],
    };
    parts.concat()
}
