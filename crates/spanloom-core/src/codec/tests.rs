use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::{SpanId, TraceId};

fn encode(parts: &[SpanPart<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    parts.iter().for_each(|part| encode_part(part, &mut body));
    body
}

fn decode(body: &[u8]) -> Result<Vec<SpanPart<'_>>, CodecError> {
    decode_parts(body).collect()
}

#[test]
fn a_small_part_is_small() {
    let mut part = SpanPart::new(SpanId::from_u64(1).expect("not zero"));
    part.start = Some(PartStart { parent_id: None, name: "step".into(), start_unix_nano: 1_700_000_000_000_000_000 });
    part.end_unix_nano = Some(1_700_000_000_000_050_000);
    part.status = Some(StatusPart::Ok);
    part.attributes = vec![(crate::attribute_key::INPUTS.into(), "4".into())];
    let body = encode(&[part]);
    // Header 6, flags 1, id 8, name 5, start 8, end 3, one attribute 1 + 3.
    assert_eq!(body.len(), 6 + 1 + 8 + 5 + 8 + 3 + 4);
}

#[test]
fn an_empty_body_has_no_parts() {
    assert_eq!(decode(&[]), Ok(vec![]));
}

#[test]
fn other_versions_are_refused_by_number() {
    let mut body = encode(&[SpanPart::new(SpanId::from_u64(1).expect("not zero"))]);
    body[0] = 2;
    assert_eq!(decode(&body), Err(CodecError::Version { offset: 0, found: 2 }));
}

/// A part with a right checksum around any payload, as someone who knows the format can write it.
fn forge(payload: &[u8]) -> Vec<u8> {
    let mut part = vec![VERSION];
    varint::put(&mut part, payload.len() as u64);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&part), payload);
    part.extend_from_slice(&checksum.to_le_bytes());
    part.extend_from_slice(payload);
    part
}

#[track_caller]
fn check_forged(flags: u8, rest: &[u8], expected: &str) {
    let payload = [&[flags], &1_u64.to_le_bytes()[..], rest].concat();
    let error = decode(&forge(&payload)).expect_err("refused");
    assert!(matches!(error, CodecError::Malformed { what, .. } if what == expected), "{error}");
}

#[test]
fn well_summed_nonsense_is_refused() {
    check_forged(flag::HAS_PARENT, &[], "a parent without a start");
    check_forged(flag::ATTRIBUTES, &[0], "an empty list that is said to be there");
    check_forged(flag::ATTRIBUTES, &[0xff, 0xff, 0xff, 0xff, 0x0f], "a list longer than its bytes");
    check_forged(flag::ATTRIBUTES, &[1, 200, 1, 0], "an unknown number of a key");
    check_forged(flag::ATTRIBUTES, &[1, 1, 100, b'x'], "a text longer than its part");
    check_forged(flag::ATTRIBUTES, &[1, 1, 1, 0xff], "a text that is not UTF-8");
    check_forged(flag::LINKS, &[&[1][..], &[0; 25]].concat(), "a trace id of zero");
    check_forged(flag::ENDED, &[1], "the end of a part too early");
    check_forged(0, &[0], "more than the part should have");
    assert!(matches!(decode(&forge(&[0; 9])), Err(CodecError::Malformed { what: "a span id of zero", .. })));
}

#[test]
fn the_first_error_is_the_last_item() {
    let mut body = encode(&[SpanPart::new(SpanId::from_u64(1).expect("not zero"))]);
    let first_len = body.len();
    body.extend_from_slice(&[9, 9, 9]);
    let mut reader = decode_parts(&body);
    assert!(reader.next().is_some_and(|part| part.is_ok()));
    assert_eq!(reader.next(), Some(Err(CodecError::Version { offset: first_len, found: 9 })));
    assert_eq!(reader.offset(), first_len);
    assert_eq!(reader.next(), None);
}

fn span_id() -> impl Strategy<Value = SpanId> {
    (1..=u64::MAX).prop_map(|bits| SpanId::from_u64(bits).expect("not zero"))
}

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    prop_oneof![8 => any::<String>(), 1 => "[a-z]{100,400}", 1 => Just("x".repeat(20_000))].prop_map(Cow::Owned)
}

fn attributes() -> impl Strategy<Value = Vec<Attribute<'static>>> {
    let key = prop_oneof![text(), Just("mlflow.spanInputs".into()), Just("exception.type".into())];
    prop::collection::vec((key, text()), 0..5)
}

prop_compose! {
    fn any_part()(
        span_id in span_id(),
        start in prop::option::of((prop::option::of(span_id()), text(), any::<u64>())),
        end_unix_nano in prop::option::of(any::<u64>()),
        status in prop::option::of(prop_oneof![Just(StatusPart::Unset), Just(StatusPart::Ok), text().prop_map(StatusPart::Error)]),
        attributes in attributes(),
        events in prop::collection::vec((text(), any::<u64>(), attributes()), 0..3),
        links in prop::collection::vec((1..=u128::MAX, crate::codec::tests::span_id(), crate::codec::tests::attributes()), 0..3),
    ) -> SpanPart<'static> {
        SpanPart {
            span_id,
            start: start.map(|(parent_id, name, start_unix_nano)| PartStart { parent_id, name, start_unix_nano }),
            end_unix_nano,
            status,
            attributes,
            events: events.into_iter().map(|(name, time_unix_nano, attributes)| EventPart { name, time_unix_nano, attributes }).collect(),
            links: links
                .into_iter()
                .map(|(bits, span_id, attributes)| LinkPart { trace_id: TraceId::from_u128(bits).expect("not zero"), span_id, attributes })
                .collect(),
        }
    }
}

/// What a damaged body gives must be a beginning of what was written, and less than all of it unless it ends in an error.
fn check_damaged(parts: &[SpanPart<'_>], body: &[u8]) -> Result<(), TestCaseError> {
    let read: Vec<_> = decode_parts(body).collect();
    let whole = read.iter().take_while(|part| part.is_ok()).count();
    prop_assert!(read.len() <= whole + 1);
    prop_assert!(whole < parts.len() || whole < read.len());
    for (read, written) in read.iter().take(whole).zip(parts) {
        prop_assert_eq!(read.as_ref(), Ok(written));
    }
    Ok(())
}

proptest! {
    #[test]
    fn parts_come_back(parts in prop::collection::vec(any_part(), 0..4)) {
        let body = encode(&parts);
        prop_assert_eq!(decode(&body), Ok(parts.clone()));
        let owned: Vec<_> = parts.into_iter().map(SpanPart::into_owned).collect();
        prop_assert_eq!(encode(&owned), body);
    }

    #[test]
    fn a_changed_byte_is_found(parts in prop::collection::vec(any_part(), 1..4), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut body = encode(&parts);
        let at = at.index(body.len());
        body[at] ^= flip;
        check_damaged(&parts, &body)?;
    }

    #[test]
    fn a_missing_end_is_found(parts in prop::collection::vec(any_part(), 1..4), at in any::<prop::sample::Index>()) {
        let body = encode(&parts);
        check_damaged(&parts, &body[..at.index(body.len())])?;
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        let _ = decode(&forge(&bytes));
    }
}
