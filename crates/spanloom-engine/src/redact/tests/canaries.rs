//! Generated secrets, hidden anywhere, are found nowhere afterwards.

use serde_json::{Value, json};

use super::{ALPHA, Random, Rule, core, redact, secret};

const KEYS: [&str; 6] = ["password", "X-Api-Key", "client_secret", "accessToken", "DSN", "connection_string"];

/// `value` among others, at a random place.
fn bury(value: Value, key: &str, random: &mut Random) -> Value {
    let mut value = json!({ "before": random.letters(ALPHA, 9), key: value, "after": [1, null] });
    for _ in 0..random.below(12) {
        value = match random.below(4) {
            0 => json!([random.below(9), value, "x \"y\" \\ z\n"]),
            1 => json!({ random.letters(ALPHA, 4): value, "n": 1.5 }),
            2 => json!([[value]]),
            _ => json!({ "messages": [{ "role": "user", "content": value }] }),
        };
    }
    value
}

/// The text of a value, with some letters escaped that need not be.
fn write(value: &Value, random: &mut Random) -> String {
    let text = value.to_string();
    if random.below(2) == 0 {
        return text;
    }
    let escapes_one_in = 1 + random.below(12);
    let mut after_backslash = false;
    let mut out = String::new();
    let mut in_string = false;
    for c in text.chars() {
        let is_plain = in_string && !after_backslash && (c.is_ascii_alphanumeric() || "-_.:@+ ".contains(c));
        match c {
            '"' if !after_backslash => in_string = !in_string,
            _ => {}
        }
        after_backslash = c == '\\' && !after_backslash;
        match is_plain && random.below(escapes_one_in) == 0 {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
    }
    out
}

#[test]
fn canaries_at_random_depth_position_and_escaping_are_all_taken_out() {
    let mut random = Random(46);
    let (mut canaries, mut nested) = (0, 0);
    for round in 0..15 {
        for rule in Rule::ALL {
            let canary = secret(rule, &mut random);
            let mut value = if rule == Rule::Key {
                let secret = random.pick::<str>(&[&canary, &canary]).to_owned();
                bury(json!(secret), KEYS[random.below(KEYS.len())], &mut random)
            } else {
                let around = [
                    random.pick(&["", "use ", "a\n", "x=", "\"", "{\"q\": \""]),
                    random.pick(&["", " now", "\n", "\", ", ")"]),
                ];
                bury(json!(format!("{}{canary}{}", around[0], around[1])), "text", &mut random)
            };
            for _ in 0..random.below(4) {
                value = bury(
                    Value::String(format!("{}{}", random.pick(&["", "Answer: "]), write(&value, &mut random))),
                    "json",
                    &mut random,
                );
                nested += 1;
            }
            let json = write(&value, &mut random);
            let (out, counts) = redact(&json);
            let (before, after): (Value, Value) =
                (serde_json::from_str(&json).unwrap(), serde_json::from_str(&out).unwrap());
            let core = core(rule, &canary);
            assert!(unfold(&before).contains(&core), "the canary of {rule:?} is in the case");
            assert!(!unfold(&after).contains(&core), "{rule:?} in round {round}: {json}\n{out}");
            assert_eq!((counts.of(rule), counts.total()), (1, 1), "{json}\n{out}");
            canaries += 1;
        }
    }
    assert!(canaries >= 120 && nested >= 120);
}

/// Every string in a value, those of JSON within strings included.
fn unfold(value: &Value) -> String {
    let mut out = String::new();
    let mut open = vec![value.clone()];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                let start = text.find(['{', '[']).unwrap_or(text.len());
                open.extend(serde_json::from_str::<Value>(&text[start..]));
                out.push_str(&text);
                out.push('\n');
            }
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                open.extend(fields.into_iter().flat_map(|(key, value)| [Value::String(key), value]))
            }
            _ => {}
        }
    }
    out
}
