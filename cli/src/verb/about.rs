//! `satchel completions` and `satchel man`: made from the arguments themselves.

use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::print;
use crate::args::Arguments;
use crate::failure::Failure;

/// Prints a completion script.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "satchel", &mut script);
    print::bytes(&script)
}

/// Prints one page for satchel and all its words.
pub(crate) fn man() -> Result<(), Failure> {
    let failed = |source| Failure::Write {
        path: PathBuf::from("-"),
        source,
    };
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(failed)?;
    for verb in command.get_subcommands() {
        let name = verb.get_name().to_uppercase();
        page.extend_from_slice(format!(".SH \"SATCHEL {name}\"\n").as_bytes());
        let man = clap_mangen::Man::new(verb.clone());
        man.render_synopsis_section(&mut page).map_err(failed)?;
        man.render_description_section(&mut page).map_err(failed)?;
        man.render_options_section(&mut page).map_err(failed)?;
    }
    print::bytes(&page)
}
