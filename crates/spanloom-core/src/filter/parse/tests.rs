use proptest::prelude::*;

use super::super::ast::SpanKey;
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

fn like(kind: PatternKind, text: &str) -> Test {
    Test::Matches(Pattern::new(kind, text).expect("a pattern"))
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
    check("span.type = 'LLM'", &[(Key::Span(SpanKey::Type), equals("LLM"))]);
    check("span.status = 'UNSET'", &[(Key::Span(SpanKey::Status), equals("UNSET"))]);
    check("trace.text LIKE '%a%'", &[(Key::Span(SpanKey::Content), like(PatternKind::Like, "%a%"))]);
    let attribute = Key::Span(SpanKey::Attribute("k.v".to_owned()));
    check("span.attributes.k.v rlike '^a'", &[(attribute.clone(), like(PatternKind::RLike, "^a"))]);
    check("span.attributes.`k.v` = 'a'", &[(attribute, equals("a"))]);
    check("prompt = 'greet/1' AND run_id = 'r'", &[(Key::Prompt, equals("greet/1")), (Key::RunId, equals("r"))]);
    check("tags.a = 'it''s'", &[(tag("a"), equals("it''s"))]);
    check("span.status = 'ERROR'", &[(Key::Span(SpanKey::Status), equals("ERROR"))]);
}

#[test]
fn clauses_are_joined_by_and_in_any_case_and_superfluous_ones_are_tolerated() {
    let both = [(Key::Status, equals("OK")), (Key::Name, like(PatternKind::ILike, "a%"))];
    for filter in ["status='OK' AND name ilike 'a%'", "AND status = 'OK' and name ILIKE 'a%' AND"] {
        check(filter, &both);
    }
    check("", &[]);
}

#[test]
fn numbers_may_be_quoted_and_broken() {
    let time = |order, number| [(Key::TimestampMs, Test::Number(order, number))];
    check("timestamp > 5", &time(NumberOrder::Greater, 5.0));
    check("trace.timestamp_ms<='5.5'", &time(NumberOrder::LessOrEqual, 5.5));
    check("timestamp_ms != -1", &time(NumberOrder::NotEqual, -1.0));
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
    check_error("state = 'OK'", 1, "`state` is not a key: write `status`, ");
    check_error("status = OK", 10, "text in quotes");
    check_error("status = 1", 10, "text in quotes");
    check_error(
        "status > 'A'",
        8,
        "`>` cannot be asked of `status`: write `=`, `!=`, `LIKE`, `ILIKE`, `RLIKE`, `IN` or `NOT IN`",
    );
    check_error("status = 'größe' OR name = 'x'", 18, "expected `AND`");
    check_error("name = 'größe' AND nme = 'x'", 20, "`nme` is not a key");
    check_error("foo.bar = 'x'", 1, "`foo` is not an entity");
    check_error("STATUS = 'OK'", 1, "`STATUS` is not a key");
    check_error("tags.env = 5", 12, "text in quotes");
    check_error("tags.env = 'x", 12, "never closed");
    check_error("status = 'OK';", 14, "`;` is not part");
    check_error("(status = 'OK')", 1, "expected a key");
    check_error("status IN ()", 12, "text in quotes");
    check_error("status IS NULL", 8, "`IS NULL` cannot be asked of `status`");
    check_error("tags.env IN ('a')", 10, "`IN` cannot be asked of `tags.env`");
    check_error("timestamp_ms LIKE '1%'", 14, "write `=`, `!=`, `<`, `<=`, `>` or `>=`");
    check_error("timestamp_ms > 1.2.3", 16, "not a number");
    check_error("tags.env RLIKE '('", 16, "not a regular expression");
    check_error("tags.env BETWEEN 'x'", 10, "expected `=`, ");
    check_error("tags.env == 'x'", 11, "text in quotes");
    check_error("tags.env <> 'x'", 10, "`<` cannot be asked of `tags.env`");
    check_error("status", 7, "expected");
    check_error("metadata.mlflow.trace.tokenUsage LIKE '%15%'", 34, "write `=`, `!=`, `IS NULL` or `IS NOT NULL`");
    check_error("trace.text = 'x'", 12, "write `LIKE` or `ILIKE`");
    check_error("text LIKE '%x%'", 1, "write `trace.text`");
    check_error("span.attributes. = 'x'", 1, "missing after `span.attributes.`");
    check_error("span.duration > 5", 1, "write `span.name`, ");
    check_error("tags. = 'x'", 1, "missing after `tags.`");
    check_error("prompt = 'p'", 10, "'greet/1'");
    check_error("feedback.score > '0.5'", 18, "expected a number");
    check_error("feedback.score = 3", 18, "'3.0'");
    check_error("feedback.score IN ('a')", 16, "`IN` cannot be asked of `feedback.score`");
    check_error("assessment.x = 'a'", 1, "`assessment` is not an entity");
    check_error("issue.id = 'x'", 1, "no issues");
    check_error(" ", 1, "there is no clause");
    check_error("AND", 1, "there is no clause");
    check_error(&format!("name = '{}'", "x".repeat(4_097)), 8, "longer than 4096");
    check_error(&format!("tags.{} = 'x'", "x".repeat(501)), 1, "longer than 500");
    check_error(&"x".repeat(70_000), 1, "longer than");
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
