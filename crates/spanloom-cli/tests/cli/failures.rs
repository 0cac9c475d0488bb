use crate::{run, text};

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_accepted() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    for (arguments, said) in [
        (&["show"][..], "<ID>"),
        (&["show", "newest"], "write `last`, or `tr-` and up to 32 hex digits"),
        (&["list", "--limit", "0"], "--limit"),
        (&["list", "--limit", "3", "--all"], "cannot be used with"),
        (&["demo", "--traces", "many"], "--traces"),
        (&["tell"], "unrecognized subcommand"),
        (&[], "Usage: spanloom"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
    }
}
