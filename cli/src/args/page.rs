//! The options of what concerns the page of a server.

use clap::{Args, ValueHint};

use crate::duration::Seconds;

#[derive(Args)]
#[command(
    after_help = "0: the same. 4: not the same. 5: of another version or toolchain, or none. 6: no answer.
1: this satchel was built without the page.

Example:
  satchel verify-server https://satchel.example"
)]
pub(crate) struct VerifyServer {
    /// The server's address
    #[arg(value_name = "URL", env = "SATCHEL_SERVER", value_hint = ValueHint::Url)]
    pub(crate) server: String,
    /// Give up after: a number and s, m or h
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) within: Seconds,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
