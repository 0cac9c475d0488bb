use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(filter: &str, expected: &[(Key, Test)]) {
    let clauses: Vec<_> = parse(filter)
        .unwrap_or_else(|error| panic!("{filter}: {error}"))
        .into_iter()
        .map(|c| (c.key, c.test))
        .collect();
    assert_eq!(clauses, expected, "{filter}");
}

#[track_caller]
fn check_error(filter: &str, character: usize, part: &str) {
    let error = parse(filter).expect_err(filter);
    assert_eq!(error.character(), character, "{filter}: {error}");
    assert!(error.to_string().contains(part), "{filter}: {error}");
}

fn equals(text: &str) -> Test {
    Test::Equals(text.to_owned())
}

#[test]
fn keys_are_understood_with_and_without_their_entity() {
    for filter in ["status = 'OK'", "trace.status='OK'", "attribute.status = \"OK\"", "attributes.status\n=\t'OK'"] {
        check(filter, &[(Key::Status, equals("OK"))]);
    }
    let tag = |key: &str| Key::Tag(key.to_owned());
    check("tags.a.b = 'x'", &[(tag("a.b"), equals("x"))]);
    check("tag.`a b` = 'x'", &[(tag("a b"), equals("x"))]);
    check("tags.\"a-b\" = 'x'", &[(tag("a-b"), equals("x"))]);
    check("`tags`.`a.b`='x'", &[(tag("a.b"), equals("x"))]);
    check("tags.mlflow.traceName = 'x'", &[(Key::Name, equals("x"))]);
    check(
        "request_metadata.\"mlflow.trace.user\" = 'u'",
        &[(Key::Metadata("mlflow.trace.user".to_owned()), equals("u"))],
    );
    check("span.type = 'LLM'", &[(Key::SpanType, equals("LLM"))]);
    check("span.status = 'ERROR'", &[(Key::SpanStatus, equals("ERROR"))]);
}

#[test]
fn clauses_are_joined_by_and_in_any_case_and_superfluous_ones_are_tolerated() {
    let both = [(Key::Status, equals("OK")), (Key::Name, Test::ILike("a%".to_owned()))];
    for filter in ["status='OK' AND name ilike 'a%'", "AND status = 'OK' and name ILIKE 'a%' AND"] {
        check(filter, &both);
    }
    check("", &[]);
    check(" \n", &[]);
}

#[test]
fn numbers_may_be_quoted_and_broken() {
    let time = |order, number| [(Key::TimestampMs, Test::Number(order, number))];
    check("timestamp > 5", &time(Order::Greater, 5.0));
    check("trace.timestamp_ms<='5.5'", &time(Order::LessOrEqual, 5.5));
    check("timestamp_ms != -1", &time(Order::NotEqual, -1.0));
}

#[test]
fn lists_and_nulls_are_understood() {
    let two = vec!["a".to_owned(), "b".to_owned()];
    check("status IN ('a', \"b\")", &[(Key::Status, Test::In(two.clone()))]);
    check("status not  in ('a','b',)", &[(Key::Status, Test::NotIn(two))]);
    check("name IS NULL", &[(Key::Name, Test::IsNull)]);
    check("tags.a is not null", &[(Key::Tag("a".to_owned()), Test::IsNotNull)]);
}

#[test]
fn errors_point_at_the_character() {
    check_error("state = 'OK'", 1, "`state` is not a key");
    check_error("status = OK", 10, "text in quotes");
    check_error("status = 1", 10, "text in quotes");
    check_error("status > 'A'", 8, "compares numbers");
    check_error("status = 'größe' OR name = 'x'", 18, "expected `AND`");
    check_error("name = 'größe' AND nme = 'x'", 20, "`nme` is not a key");
    check_error("foo.bar = 'x'", 1, "`foo` is not an entity");
    check_error("STATUS = 'OK'", 1, "`STATUS` is not a key");
    check_error("tags.env = 5", 12, "text in quotes");
    check_error("tags.env = 'x", 12, "never closed");
    check_error("status = 'OK';", 14, "`;` is not part");
    check_error("(status = 'OK')", 1, "expected a key");
    check_error("status IN ()", 12, "text in quotes");
    check_error("status IS NULL", 8, "`IS NULL` can be asked of");
    check_error("timestamp_ms LIKE '1%'", 14, "takes a text");
    check_error("timestamp_ms > 1.2.3", 16, "not a number");
    check_error("tags.env RLIKE 'x'", 10, "expected");
    check_error("tags.env == 'x'", 11, "text in quotes");
    check_error("tags.env <> 'x'", 10, "compares numbers");
    check_error("status", 7, "expected");
    check_error("metadata.mlflow.traceInputs = 'x'", 1, "cannot be searched");
    check_error("span.status = 'OK'", 1, "only `= 'ERROR'`");
    check_error(&format!("name = '{}'", "x".repeat(501)), 8, "longer than 500");
    check_error(&"x".repeat(20_000), 1, "longer than");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_sequence_of_words_makes_the_parser_panic(
        words in proptest::collection::vec(
            prop::sample::select(vec!["status", "tags.", "`", "'", "\"", "=", "<=", "AND", "IN", "(", ")", ",", "NOT", "IS", "NULL", "1", "-", "é"]),
            0..20,
        ),
        joint in prop::sample::select(vec!["", " "]),
    ) {
        let _ = parse(&words.join(joint));
    }
}
