//! `satchel-server man`: one page for the server and all its words, made from the arguments themselves.

use std::io::{self, Write as _};

use clap::Command;
use clap_mangen::Man;

/// Prints the page, in roff.
pub(crate) fn print(mut command: Command) -> io::Result<()> {
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    describe(&command, &mut page)?;
    io::stdout().write_all(&page)
}

/// A section for each word, and for each word of a word.
fn describe(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        if verb.has_subcommands() {
            describe(verb, page)?;
            continue;
        }
        let name = verb.get_bin_name().unwrap_or(verb.get_name()).to_uppercase();
        page.extend_from_slice(format!(".SH \"{name}\"\n").as_bytes());
        let man = Man::new(verb.clone());
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
    }
    Ok(())
}
