//! Adds up the results that the runners print: cargo test, Node's test runner, Playwright.

use std::fmt;

/// Tests of all runners together; a step that is one check counts as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// Passed at a second try: to be looked into.
    pub(crate) flaky: u64,
}

impl Counts {
    /// One check of our own.
    pub(crate) fn one(&mut self, passed: bool) {
        if passed { self.passed += 1 } else { self.failed += 1 }
    }

    /// Looks for a runner's closing line.
    pub(crate) fn note(&mut self, line: &str) {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result: ") {
            // "ok. 3 passed; 0 failed; 1 ignored; ..."
            let words: Vec<&str> = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                self.add(pair[1], pair[0]);
            }
            return;
        }
        // Node: "ℹ pass 3" or "# pass 3". Playwright: "3 passed (1.2s)", "1 failed". Ours: "3 passed, 1 failed".
        let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with('(')).collect();
        if let ["ℹ" | "#", word, count] = words.as_slice() {
            self.add(word, count);
        } else if words.len().is_multiple_of(2)
            && words
                .chunks(2)
                .all(|pair| pair[0].bytes().all(|byte| byte.is_ascii_digit()))
        {
            for pair in words.chunks(2) {
                self.add(pair[1].trim_end_matches(','), pair[0]);
            }
        }
    }

    fn add(&mut self, word: &str, count: &str) {
        let Ok(count) = count.parse::<u64>() else { return };
        match word {
            "passed" | "pass" => self.passed += count,
            "failed" | "fail" => self.failed += count,
            "ignored" | "skipped" => self.skipped += count,
            "flaky" => self.flaky += count,
            _ => {}
        }
    }
}

/// Whether a runner says in this line that one test failed: cargo test's, Playwright's and Node's ways.
pub(crate) fn names_a_failure(line: &str) -> bool {
    let line = line.trim();
    let cargo = line.starts_with("test ") && line.ends_with("... FAILED");
    cargo || line.starts_with(['✘', '✖'])
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )?;
        match self.flaky {
            0 => Ok(()),
            flaky => write!(out, ", {flaky} flaky"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.note(line));
        counts
    }

    #[test]
    fn cargo_test_is_counted() {
        let line = "test result: ok. 12 passed; 1 failed; 2 ignored; 0 measured; 3 filtered out; finished in 0.02s";
        assert_eq!(
            counted(&[line]),
            Counts {
                passed: 12,
                failed: 1,
                skipped: 2,
                flaky: 0
            }
        );
    }

    #[test]
    fn node_and_playwright_are_counted() {
        let node = ["ℹ tests 5", "ℹ pass 4", "ℹ fail 1", "ℹ skipped 0"];
        assert_eq!(
            counted(&node),
            Counts {
                passed: 4,
                failed: 1,
                skipped: 0,
                flaky: 0
            }
        );
        let playwright = ["  1 failed", "  3 flaky", "  2 skipped", "  7 passed (12.3s)"];
        assert_eq!(
            counted(&playwright),
            Counts {
                passed: 7,
                failed: 1,
                skipped: 2,
                flaky: 3
            }
        );
    }

    #[test]
    fn a_line_that_names_a_failed_test_is_known() {
        for line in [
            "test store::a_read_is_used_once ... FAILED",
            "  ✘  222 traces.spec.ts:138:1 › a press is not lost (15.9s)",
            "✖ vectors are read (3ms)",
        ] {
            assert!(names_a_failure(line), "{line}");
        }
        for line in [
            "test store::a_read_is_used_once ... ok",
            "  ✓  1 a.spec.ts:1:1 › b (1s)",
            "test result: FAILED. 0 passed; 1 failed",
        ] {
            assert!(!names_a_failure(line), "{line}");
        }
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(
            counted(&["2 passed the exam yesterday", "running 3 tests", "figure: a: 3"]),
            Counts::default()
        );
    }
}
