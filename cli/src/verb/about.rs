//! `satchel completions` and `satchel man`: made from the arguments themselves. And `satchel --licences`: what a server's page has as /third-party.txt.

use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use super::print;
use crate::args::{Arguments, Man};
use crate::failure::Failure;
use crate::over::Over;
use crate::target::Target;

/// Written by `cargo xtask licences`, which says what is no longer right in it.
const LICENCES: &str = include_str!("../../../web/public/third-party.txt");

/// Prints whose work is built in.
pub(crate) fn licences() -> Result<(), Failure> {
    print::bytes(LICENCES.as_bytes())
}

/// Prints a completion script.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "satchel", &mut script);
    print::bytes(&script)
}

/// Prints one page for satchel and all its words, or for one of them, or writes one for each.
pub(crate) fn man(options: Man) -> Result<(), Failure> {
    let mut command = Arguments::command();
    command.build();
    if let Some(folder) = options.output {
        let target = folder.join("");
        for page in [command.clone()].into_iter().chain(command.get_subcommands().cloned()) {
            let name = page.get_display_name().unwrap_or(page.get_name());
            let page_name = format!("{name}.1");
            let output = Target::of(Some(&target), Over::new(options.force))?.for_text(&page_name)?;
            output.put_whole(&rendered(&page)?)?;
            output.commit()?;
        }
        return Ok(());
    }
    match options.verb {
        None => print::bytes(&whole(&command)?),
        Some(verb) => {
            let page = command.find_subcommand(&verb).ok_or(Failure::NoSuchVerb(verb))?;
            print::bytes(&rendered(page)?)
        }
    }
}

/// A page of its own.
fn rendered(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(failed)?;
    Ok(page)
}

/// Everything on one page.
fn whole(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = rendered(command)?;
    for verb in command.get_subcommands() {
        let name = verb.get_name().to_uppercase();
        page.extend_from_slice(format!(".SH \"SATCHEL {name}\"\n").as_bytes());
        let man = clap_mangen::Man::new(verb.clone());
        man.render_synopsis_section(&mut page).map_err(failed)?;
        man.render_description_section(&mut page).map_err(failed)?;
        man.render_options_section(&mut page).map_err(failed)?;
        man.render_extra_section(&mut page).map_err(failed)?;
    }
    Ok(page)
}

fn failed(source: std::io::Error) -> Failure {
    Failure::Write {
        path: PathBuf::from("-"),
        source,
    }
}
