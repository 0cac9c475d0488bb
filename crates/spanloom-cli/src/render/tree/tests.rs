//! The tree as people see it, without its colours.

use anstream::adapter::strip_str;
use spanloom::SpanType;

use super::*;
use crate::render::escape::is_hazard;
use crate::render::sample::{START, Sample};

fn options(width: usize) -> TreeOptions {
    TreeOptions { width, now_unix_nano: START + 1_000_000, max_children: 10, payloads: false }
}

fn agent() -> Sample {
    Sample::new()
        .span(1, 0, "answer")
        .kind(SpanType::Agent)
        .ran(0, Some(1000))
        .said("Why?", "Because.")
        .span(2, 1, "plan")
        .kind(SpanType::Chain)
        .ran(0, Some(100))
        .span(3, 1, "retrieve")
        .kind(SpanType::Retriever)
        .ran(100, Some(500))
        .said("sky", "[]")
        .span(4, 3, "search")
        .kind(SpanType::Retriever)
        .ran(120, Some(480))
        .span(5, 1, "look_up")
        .kind(SpanType::Tool)
        .ran(600, Some(1000))
        .failed_with("no section names `sky`")
}

#[track_caller]
fn check(sample: Sample, options: TreeOptions, expected: &str) {
    assert_eq!(strip_str(&tree(&sample.trace(), options)).to_string(), expected);
}

#[test]
fn spans_stand_with_type_duration_and_the_time_they_ran() {
    check(
        agent(),
        options(70),
        "\
SPAN          TYPE           TIME  0 ───────────────────────── 1.00 ms
answer        AGENT       1.00 ms  ███████████████████████████████████
├─ plan       CHAIN        100 µs  ███▌
├─ retrieve   RETRIEVER    400 µs     ▐█████████████▌
│  ╰─ search  RETRIEVER    360 µs      ████████████▉
╰─ look_up    TOOL         400 µs                       ██████████████
      ✗ Broken: no section names `sky`
",
    );
}

#[test]
fn spans_of_one_name_have_numbers() {
    let sample = Sample::new().span(1, 0, "run").span(2, 1, "step").span(3, 1, "step");
    check(
        sample,
        options(60),
        "\
SPAN          TYPE         TIME  0 ───────────────── 1.00 ms
run           UNKNOWN   1.00 ms  ███████████████████████████
├─ step_1     UNKNOWN   1.00 ms  ███████████████████████████
╰─ step_2     UNKNOWN   1.00 ms  ███████████████████████████
",
    );
}

#[test]
fn inputs_and_outputs_are_folded_to_the_width() {
    let sample = Sample::new()
        .span(1, 0, "answer")
        .said("Why is the sky blue at day and black at night?", "Air.")
        .span(2, 1, "x");
    check(
        sample,
        TreeOptions { payloads: true, ..options(50) },
        "\
SPAN          TYPE         TIME  0 ─────── 1.00 ms
answer        UNKNOWN   1.00 ms  █████████████████
│  in  \"Why is the sky blue at day and black at n…
│  out \"Air.\"
╰─ x          UNKNOWN   1.00 ms  █████████████████
",
    );
}

#[test]
fn a_narrow_terminal_gets_no_timeline() {
    check(
        Sample::new().span(1, 0, "answer").span(2, 1, "a name that is much too long for this"),
        options(36),
        "\
SPAN            TYPE         TIME
answer          UNKNOWN   1.00 ms
╰─ a name tha…  UNKNOWN   1.00 ms
",
    );
}

#[test]
fn open_spans_run_up_to_now() {
    let sample = Sample::new().span(1, 0, "answer").ran(0, None).span(2, 1, "done").ran(0, Some(500));
    check(
        sample,
        TreeOptions { now_unix_nano: START + 2_000_000, ..options(50) },
        "\
SPAN          TYPE         TIME  0 ─────── 2.00 ms
answer        UNKNOWN  2.00 ms…  █████████████████
│  … still running
╰─ done       UNKNOWN    500 µs  ████▎
",
    );
}

#[test]
fn open_spans_of_a_dead_process_ran_until_the_last_thing_that_is_known() {
    let sample = Sample::new().span(1, 0, "answer").ran(0, None).span(2, 1, "done").ran(0, Some(500));
    let text = tree(
        &sample.info(|info| info.interrupted = true).trace(),
        TreeOptions { now_unix_nano: START + 9_000_000_000, ..options(60) },
    );
    let text = strip_str(&text).to_string();
    assert!(text.contains("answer        UNKNOWN   500 µs…  ████"), "{text}");
    assert!(text.contains("… still running when its process ended\n"), "{text}");
}

#[test]
fn folds_say_how_much_they_hide_and_how_to_see_it() {
    let mut sample = Sample::new().span(1, 0, "map");
    for id in 2..100 {
        sample = sample.span(id, 1, "part");
    }
    let text = tree(&sample.failed().trace(), TreeOptions { max_children: 2, ..options(60) });
    assert!(strip_str(&text).to_string().ends_with("╰─ … 96 more spans, 1 of them failed: --all shows them\n"));
}

#[test]
fn no_span_can_send_an_escape_sequence() {
    let hostile = "\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\n";
    let sample = Sample::new().span(1, 0, hostile).kind(SpanType::from(hostile.to_owned())).said(hostile, hostile);
    let text = tree(&sample.failed_with(hostile).trace(), TreeOptions { payloads: true, ..options(200) });
    let plain = strip_str(&text).to_string();
    assert!(!plain.chars().any(|character| character != '\n' && is_hazard(character)));
    assert!(plain.contains("\\x1b[2J\\x9b31m\\u{202e}\\x7f\\n"));
}
