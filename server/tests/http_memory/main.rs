//! The same requests, and the same promises of docs/api.md, with the backend in memory behind the server's own HTTP: `Storage` is enough to serve with.
//!
//! Each file is one of ../http, as far as its tests need no process, no data folder and no command beside the server.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; helpers outside of #[test] are tests too"
)]

#[path = "../http/changing.rs"]
mod changing;
#[allow(dead_code, reason = "as the harness")]
#[path = "../http/connection.rs"]
mod connection;
#[path = "../http/creating.rs"]
mod creating;
#[path = "../http/dice.rs"]
mod dice;
#[allow(dead_code, reason = "as the harness")]
#[path = "../http/documents.rs"]
mod documents;
#[allow(dead_code, reason = "what asks a process has nothing to do here")]
#[path = "../http/harness.rs"]
mod harness;
#[path = "../http/reading.rs"]
mod reading;
#[path = "../http/refusals.rs"]
mod refusals;
mod rounds;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::channel;

use clap::{Args as _, FromArgMatches as _};
use satchel_server::config::{self, Options, Settings};
use satchel_server::serve::answer;
use satchel_server::storage::Storage;
use satchel_server::storage::memory::{MemoryOptions, MemoryStorage};

/// From this process, on nothing but memory.
fn start_with(options: &[&str]) -> harness::Server {
    let settings = settings(options);
    let storage = MemoryStorage::new(MemoryOptions {
        bytes_max: settings.storage_bytes_max,
        items_max: settings.items_max,
        ..MemoryOptions::default()
    });
    serve(Arc::new(storage), settings)
}

fn settings(options: &[&str]) -> Settings {
    let command = Options::augment_args(clap::Command::new("serve").no_binary_name(true));
    let said = command.try_get_matches_from(options).unwrap();
    config::load(Options::from_arg_matches(&said).unwrap(), None).unwrap()
}

/// The server's workers around any storage, until what is returned is dropped.
fn serve(storage: Arc<dyn Storage>, settings: Settings) -> harness::Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, handles) = channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = answer(storage, settings, listener).unwrap();
            sender.send(server.handle()).unwrap();
            server.await
        })
    });
    let handle = handles.recv().unwrap();
    let stop = move || {
        actix_web::rt::System::new().block_on(handle.stop(false));
        drop(thread.join());
    };
    harness::Server::here(address, Box::new(stop))
}
