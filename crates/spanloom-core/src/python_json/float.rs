//! Floats as Python's `repr` writes them.

/// Appends a float: the shortest digits that give it back, with a fraction or an exponent; `NaN` and the infinities bare.
pub fn append_f64(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        append_finite(out, zmij::Buffer::new().format_finite(value), value.abs());
    } else {
        append_bare_word(out, value.is_nan(), value.is_sign_negative());
    }
}

/// The same for an `f32`, with the shortest digits for its own precision: `0.1`, not `0.10000000149011612`.
pub(super) fn append_f32(out: &mut Vec<u8>, value: f32) {
    if value.is_finite() {
        append_finite(out, zmij::Buffer::new().format_finite(value), f64::from(value.abs()));
    } else {
        append_bare_word(out, value.is_nan(), value.is_sign_negative());
    }
}

/// Python has the exponent form below `0.0001` and from `1e+16` on, with two digits at least; `shortest` has neither rule.
fn append_finite(out: &mut Vec<u8>, shortest: &str, magnitude: f64) {
    // Up to here both types of float are in plain form.
    if (1e-4..1e12).contains(&magnitude) || magnitude == 0.0 {
        out.extend_from_slice(shortest.as_bytes());
    } else if let Some((digits, exponent)) = shortest.split_once('e') {
        if (1.0..1e16).contains(&magnitude) {
            append_whole(out, digits, exponent);
        } else {
            out.extend_from_slice(digits.as_bytes());
            append_exponent(out, exponent);
        }
    } else if magnitude < 1.0 {
        append_small(out, shortest);
    } else {
        out.extend_from_slice(shortest.as_bytes());
    }
}

/// `1.5e+13`, as an `f32` comes, becomes `15000000000000.0`.
fn append_whole(out: &mut Vec<u8>, digits: &str, exponent: &str) {
    let places = exponent.trim_start_matches('+').parse::<usize>().unwrap_or(0);
    let fraction_len = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    out.extend(digits.bytes().filter(|byte| *byte != b'.'));
    out.extend(std::iter::repeat_n(b'0', places.saturating_sub(fraction_len)));
    out.extend_from_slice(b".0");
}

fn append_exponent(out: &mut Vec<u8>, exponent: &str) {
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => (b'-', digits),
        None => (b'+', exponent.trim_start_matches('+')),
    };
    out.extend_from_slice(&[b'e', sign]);
    if digits.len() < 2 {
        out.push(b'0');
    }
    out.extend_from_slice(digits.as_bytes());
}

/// `0.000015` becomes `1.5e-05`.
fn append_small(out: &mut Vec<u8>, fixed: &str) {
    let (sign, rest) = match fixed.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", fixed),
    };
    let fraction = rest.strip_prefix("0.").unwrap_or(rest);
    let digits = fraction.trim_start_matches('0');
    let exponent = fraction.len() - digits.len() + 1;
    let (first, others) = digits.split_at(digits.len().min(1));
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(first.as_bytes());
    if !others.is_empty() {
        out.push(b'.');
        out.extend_from_slice(others.as_bytes());
    }
    append_exponent(out, itoa::Buffer::new().format(-(exponent as i64)));
}

fn append_bare_word(out: &mut Vec<u8>, is_nan: bool, is_negative: bool) {
    let word: &[u8] = match (is_nan, is_negative) {
        (true, _) => b"NaN",
        (false, false) => b"Infinity",
        (false, true) => b"-Infinity",
    };
    out.extend_from_slice(word);
}
