//! What `#[trace]` compiles on, and what it says where it does not.
//!
//! Programs in `ui/pass` compile and run without an engine: they show that tracing changes nothing. Programs in `ui/fail`
//! do not compile; the compiler's words stand beside them. After a change of those words: `TRYBUILD=overwrite cargo test
//! --test ui`, and read the difference.

#[test]
fn traced_functions_compile_as_untraced_ones_do() {
    let programs = trybuild::TestCases::new();
    programs.pass("ui/pass/*.rs");
    programs.compile_fail("ui/fail/*.rs");
}
