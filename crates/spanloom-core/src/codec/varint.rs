//! Integers in as few bytes as they need.

/// The longest varint.
pub(super) const MAX_LEN: usize = 10;

/// Appends a LEB128 varint.
pub(super) fn put(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else {
        let (bytes, len) = encode(value);
        out.extend_from_slice(&bytes[..len]);
    }
}

/// A LEB128 varint, and how many of the bytes it takes.
pub(super) fn encode(mut value: u64) -> ([u8; MAX_LEN], usize) {
    let mut bytes = [0; MAX_LEN];
    let mut len = 0;
    while value >= 0x80 {
        bytes[len] = value as u8 | 0x80;
        value >>= 7;
        len += 1;
    }
    bytes[len] = value as u8;
    (bytes, len + 1)
}

/// The varint at the beginning, and how many bytes it takes; `None` when it is cut off or no number has this form.
pub(super) fn get(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(MAX_LEN).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if index == 9 && bits > 1 {
            return None;
        }
        value |= bits << (7 * index);
        if byte & 0x80 == 0 {
            // A last byte of zero would be a second form of a shorter one.
            return (index == 0 || *byte != 0).then_some((value, index + 1));
        }
    }
    None
}

/// Small for small distances in either direction.
pub(super) const fn zigzag(distance: u64) -> u64 {
    (distance << 1) ^ ((distance as i64 >> 63) as u64)
}

/// The inverse of [`zigzag`].
pub(super) const fn unzigzag(value: u64) -> u64 {
    (value >> 1) ^ (value & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_have_one_form() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            assert_eq!(get(&bytes), Some((value, bytes.len())));
            assert_eq!(get(&bytes[..bytes.len() - 1]), None);
            assert_eq!(unzigzag(zigzag(value)), value);
        }
        assert_eq!(get(&[0x80, 0]), None);
        assert_eq!(get(&[0xff; 10]), None);
    }
}
