//! The server from outside: the built binary, a real socket, real bytes. Each test names the promise of docs/api.md that it holds.

mod configuration;
mod creating;
mod harness;
mod hostile;
mod page;
mod process;
mod reading;
