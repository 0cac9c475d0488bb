use crate::{run, text};

fn help(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let output = run(folder.path(), arguments);
    assert_eq!(output.status.code(), Some(0));
    text(&output.stdout)
}

#[test]
fn the_help_names_the_commands() {
    assert_eq!(help(&["--help"]), include_str!("help.txt"));
}

#[test]
fn the_help_of_each_command_names_its_options() {
    assert_eq!(help(&["demo", "--help"]), include_str!("help_demo.txt"));
    assert_eq!(help(&["list", "--help"]), include_str!("help_list.txt"));
    assert_eq!(help(&["show", "--help"]), include_str!("help_show.txt"));
}

#[test]
fn the_version_is_that_of_the_crate() {
    assert_eq!(help(&["--version"]), concat!("spanloom ", env!("CARGO_PKG_VERSION"), "\n"));
}
