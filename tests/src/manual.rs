//! What a document tells people to type: lines of its `sh` blocks, and commands within its sentences.

/// A command, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The heading above it.
    pub heading: String,
    /// Its line, counted from 1.
    pub number: usize,
    /// One line, whatever it was broken into; without what is said behind `#`.
    pub line: String,
    /// In a block of its own, or within a sentence.
    pub in_block: bool,
}

/// Every command of a document, in its order. In a block with prompts only what stands behind one is typed.
#[must_use]
pub fn typed(text: &str) -> Vec<Typed> {
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        if let Some(title) = line.strip_prefix('#') {
            title.trim_start_matches('#').trim().clone_into(&mut heading);
        } else if let Some(tag) = line.strip_prefix("```") {
            let block: Vec<(usize, &str)> = lines
                .by_ref()
                .take_while(|(_, line)| !line.starts_with("```"))
                .collect();
            if tag == "sh" {
                found.extend(in_block(&heading, &block));
            }
        } else {
            found.extend(within(&heading, number, line));
        }
    }
    found
}

fn in_block(heading: &str, block: &[(usize, &str)]) -> Vec<Typed> {
    let prompts = block.iter().any(|(_, line)| line.starts_with("$ "));
    let mut found: Vec<Typed> = Vec::new();
    let mut continues = false;
    for (number, line) in block {
        let typed = if prompts { line.strip_prefix("$ ") } else { Some(*line) };
        let Some(typed) = typed else { continue };
        let typed = typed.split(" # ").next().unwrap_or_default().trim();
        let (part, goes_on) = typed.strip_suffix('\\').map_or((typed, false), |part| (part, true));
        match found.last_mut() {
            Some(last) if continues => {
                last.line.push(' ');
                last.line.push_str(part.trim());
            }
            _ if !part.is_empty() => found.push(Typed {
                heading: heading.to_owned(),
                number: *number,
                line: part.trim().to_owned(),
                in_block: true,
            }),
            _ => {}
        }
        continues = goes_on;
    }
    found
}

fn within(heading: &str, number: usize, line: &str) -> Vec<Typed> {
    let spans = line.split('`').skip(1).step_by(2);
    let typed = spans.map(|span| Typed {
        heading: heading.to_owned(),
        number,
        line: span.to_owned(),
        in_block: false,
    });
    typed.collect()
}

/// The words of a line as a shell would part them; quotes are all that is known of it.
#[must_use]
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (character, quote) {
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (closing, Some(open)) if closing == open => quote = None,
            (space, None) if space.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// The commands of a pipeline or list, each without what is redirected.
#[must_use]
pub fn commands(line: &str) -> Vec<Vec<String>> {
    let words = words(line);
    let parts = words.split(|word| ["|", "&&", ";"].contains(&word.as_str()));
    let plain = |part: &[String]| {
        let end = part.iter().position(|word| word.starts_with(['<', '>']));
        part[..end.unwrap_or(part.len())].to_vec()
    };
    parts.map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_blocks_and_in_sentences() {
        let text = "# A\nRun `x --y` now.\n```sh\none a \\\n    --b      # why\n\ntwo | three > f\n```\n## B\n```\nnot this\n```\n```sh\n$ four\nsaid\n```\n";
        let found = typed(text);
        let lines: Vec<(&str, usize, &str, bool)> = found
            .iter()
            .map(|typed| (&*typed.heading, typed.number, &*typed.line, typed.in_block))
            .collect();
        let expected = [
            ("A", 2, "x --y", false),
            ("A", 4, "one a --b", true),
            ("A", 7, "two | three > f", true),
            ("B", 14, "four", true),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn words_keep_what_is_quoted_together() {
        assert_eq!(words("a '[::]:1' \"b c\" ''"), ["a", "[::]:1", "b c", ""]);
        assert_eq!(
            commands("a b | c -d > e && f"),
            [vec!["a", "b"], vec!["c", "-d"], vec!["f"]]
        );
    }
}
