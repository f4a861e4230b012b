//! Every mistake at the command line is a file in tests/cmd with its exact output.

#[test]
fn each_mistake_says_what_is_wrong_and_what_may_be_done() {
    trycmd::TestCases::new()
        .env("SATCHEL_SERVER", "")
        .env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .case("tests/cmd/*.trycmd");
}
