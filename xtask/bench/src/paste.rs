//! One paste as the bench sees it, and the requests of its life.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use satchel_api::{header, metadata, route};
use sha2::{Digest as _, Sha256};

use crate::Trouble;
use crate::http::Connection;

/// A paste's id and tokens: any client may choose them, the server can't tell how they were made.
#[derive(Clone)]
pub(crate) struct Keys {
    id: String,
    probe: [u8; 32],
    claim: [u8; 32],
    receipt: [u8; 32],
}

impl Keys {
    pub(crate) fn generate() -> Result<Self, Trouble> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        Ok(Self {
            id: text(&id),
            probe: random()?,
            claim: random()?,
            receipt: random()?,
        })
    }
}

pub(crate) fn answer_config(connection: &mut Connection) -> Result<(), Trouble> {
    expect("config", connection.ask("GET", route::CONFIG, "", &[])?.0, 200)
}

pub(crate) fn create(connection: &mut Connection, keys: &Keys, reads: u32, body: &[u8]) -> Result<(), Trouble> {
    create_with(connection, keys, (reads, None), body)
}

/// For any number of reads, and for backups.
pub(crate) fn keep(connection: &mut Connection, keys: &Keys, body: &[u8]) -> Result<(), Trouble> {
    create_with(connection, keys, (0, Some("1")), body)
}

fn create_with(
    connection: &mut Connection,
    keys: &Keys,
    (reads, keep): (u32, Option<&str>),
    body: &[u8],
) -> Result<(), Trouble> {
    let hash = |token: &[u8; 32]| text(&Sha256::digest(token));
    let pairs = [
        (metadata::ID, keys.id.clone()),
        (metadata::PROBE, hash(&keys.probe)),
        (metadata::CLAIM, hash(&keys.claim)),
        (metadata::RECEIPT, hash(&keys.receipt)),
        (metadata::EXPIRES_IN, "86400".to_owned()),
        (metadata::READS, reads.to_string()),
    ];
    let keep = keep.map(|keep| (metadata::KEEP, keep.to_owned()));
    let told: Vec<String> = pairs
        .into_iter()
        .chain(keep)
        .map(|(key, value)| format!("{key} {}", Base64::encode_string(value.as_bytes())))
        .collect();
    let told = told.join(",");
    let headers = format!(
        "{}: {}\r\n{}: {}\r\n{}: {told}\r\ncontent-type: {}\r\n",
        header::TUS_RESUMABLE,
        header::TUS_VERSION_SPOKEN,
        header::UPLOAD_LENGTH,
        body.len(),
        header::UPLOAD_METADATA,
        header::OFFSET_OCTET_STREAM,
    );
    expect("create", connection.ask("POST", route::PASTES, &headers, body)?.0, 201)
}

pub(crate) fn claim(connection: &mut Connection, keys: &Keys, lease: &[u8; 32], len: usize) -> Result<(), Trouble> {
    let headers = format!(
        "authorization: Bearer {}\r\n{}: {}\r\n{}: {}\r\n",
        text(&keys.claim),
        header::PROBE,
        text(&keys.probe),
        header::LEASE,
        text(lease),
    );
    let (status, read) = connection.ask("POST", &route::of(route::CLAIM, &keys.id), &headers, &[])?;
    expect("claim", status, 200)?;
    if read == len {
        Ok(())
    } else {
        Err(format!("claim: {read} bytes of {len}").into())
    }
}

/// The content again, under a lease that runs.
pub(crate) fn content(connection: &mut Connection, keys: &Keys, lease: &[u8; 32], len: usize) -> Result<(), Trouble> {
    let headers = format!("authorization: Bearer {}\r\n", text(lease));
    let (status, read) = connection.ask("GET", &route::of(route::CONTENT, &keys.id), &headers, &[])?;
    expect("content", status, 200)?;
    if read == len {
        Ok(())
    } else {
        Err(format!("content: {read} bytes of {len}").into())
    }
}

/// On demand.
pub(crate) fn burn(connection: &mut Connection, keys: &Keys) -> Result<(), Trouble> {
    let headers = format!("authorization: Bearer {}\r\n", text(&keys.receipt));
    let (status, _) = connection.ask("DELETE", &route::of(route::PASTE, &keys.id), &headers, &[])?;
    if status / 100 == 2 {
        Ok(())
    } else {
        Err(format!("burn: {status}").into())
    }
}

pub(crate) fn confirm(connection: &mut Connection, keys: &Keys, lease: &[u8; 32]) -> Result<(), Trouble> {
    let headers = format!("authorization: Bearer {}\r\n", text(lease));
    let (status, _) = connection.ask("POST", &route::of(route::CONFIRM, &keys.id), &headers, &[])?;
    if status / 100 == 2 {
        Ok(())
    } else {
        Err(format!("confirm: {status}").into())
    }
}

fn expect(what: &str, status: u16, right: u16) -> Result<(), Trouble> {
    if status == right {
        Ok(())
    } else {
        Err(format!("{what}: answered {status}").into())
    }
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn random() -> Result<[u8; 32], Trouble> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn noise(len: usize) -> Result<Vec<u8>, Trouble> {
    let mut bytes = vec![0; len];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
