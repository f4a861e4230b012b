//! Every file of vectors/, by listing, through every path: at once, streamed in odd chunk sizes with and without the length known
//! before, by position, and with the header encoded again. vectors/README.md says what the files hold.
#![allow(clippy::unwrap_used, clippy::panic)]

mod read;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use read::{Read, at_once, by_position, set_at_once, streamed};
use satchel_crypto::{
    Allowed, Entry, Header, Heads, Identity, Key, Link, OwnerReceipt, PanicSecret, Passphrase, PasteId, Profile,
    Receipt, Recipient, Share, Verdict, container_in_page, sanitise,
};
use sha2::{Digest, Sha256};

struct Vector {
    name: String,
    head: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Vector {
    fn load(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let at = bytes
            .windows(2)
            .position(|two| two == b"\n\n")
            .expect("an empty line ends the header");
        let head = std::str::from_utf8(&bytes[..at]).unwrap();
        let line = |line: &str| {
            let (key, value) = line.split_once(':').expect("key: value");
            (key.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
        };
        Self {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            head: head.split('\n').map(line).collect(),
            body: bytes[at + 2..].to_vec(),
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.head
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }

    fn verdict(&self) -> &str {
        self.get("verdict").unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn check<T: Debug>(&self, path: &str, came: &Result<T, Verdict>) {
        let word = came.as_ref().map_or_else(|verdict| verdict.word(), |_| "ok");
        assert_eq!(word, self.verdict(), "{}, {path}: {came:?}", self.name);
    }
}

/// All vectors of one folder. A missing folder is said, an empty one is an error.
fn vectors(folder: &str) -> Vec<Vector> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../vectors", folder].iter().collect();
    let Ok(files) = fs::read_dir(&path) else {
        println!("skipped: vectors/{folder} is missing");
        return Vec::new();
    };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "vectors/{folder} is empty");
    paths.iter().map(|path| Vector::load(path)).collect()
}

fn expected(vector: &Vector) -> Read {
    let mut read = Read::default();
    for (key, value) in &vector.head {
        match key.as_str() {
            "asked_reads" => read.asked.reads = Some(value.parse().unwrap()),
            "asked_expires_in" => read.asked.expires_in = Some(value.parse().unwrap()),
            "entry" => {
                let name = (!value.is_empty()).then(|| value.clone());
                let entry = Entry {
                    name,
                    media_type: String::new(),
                    size: None,
                    modified: None,
                };
                read.entries.push((entry, [0; 32]));
            }
            _ => {
                let Some((entry, hash)) = read.entries.last_mut() else {
                    continue;
                };
                match key.as_str() {
                    "media_type" => entry.media_type.clone_from(value),
                    "size" => entry.size = (value != "null").then(|| value.parse().unwrap()),
                    "modified" => entry.modified = Some(value.parse().unwrap()),
                    "sha256" => *hash = hex::decode(value).unwrap().try_into().unwrap(),
                    _ => {}
                }
            }
        }
    }
    read
}

/// Calls `with` the vector's key, or says why there is none.
fn with_key<T>(vector: &Vector, with: impl FnOnce(&Key<'_>) -> Result<T, Verdict>) -> Result<T, Verdict> {
    let all = |key: &'static str| {
        vector
            .head
            .iter()
            .filter(move |(k, _)| k == key)
            .map(|(_, value)| value)
    };
    let identities: Vec<_> = all("identity")
        .map(|text| Identity::parse(text))
        .collect::<Result<_, _>>()?;
    let shares: Vec<_> = all("share").map(|code| Share::parse(code)).collect::<Result<_, _>>()?;
    let passphrase = vector.get("passphrase").map(Passphrase::new).transpose()?;
    match (vector.get("link"), &passphrase) {
        (Some(link), passphrase) => with(&Key::Link(&Link::parse(link)?.unlock(passphrase.as_ref())?)),
        (None, Some(passphrase)) => with(&Key::Passphrase(passphrase)),
        (None, None) if !identities.is_empty() => with(&Key::Identities(&identities)),
        (None, None) if !shares.is_empty() => with(&Key::Shares(&shares)),
        (None, None) => panic!("{}: no key", vector.name),
    }
}

/// The header of a container whose first place holds it.
fn header(container: &[u8]) -> Option<&[u8]> {
    let len = u32::from_be_bytes(container[46..50].try_into().unwrap()) as usize;
    (len > 0).then(|| &container[50..50 + len])
}

/// [C-1] [C-2] [C-4] [C-5] [C-6] [H-1] [H-2] [H-3] [H-4] [H-5] [H-6] [H-7] [H-8] [K-1] [K-2] [K-3] [R-1] [R-2] [R-3] [R-4] [S-1] [S-3] [W-1] [P-1] [F-1] [F-3] [F-4] [F-5] [T-1]
///
#[test]
fn each_container_comes_to_its_verdict_on_every_path() {
    for vector in vectors("container") {
        let allowed = match vector.get("allowed") {
            Some("1") => Allowed {
                largest: Profile::Phone,
            },
            Some("2") => Allowed { largest: Profile::Desk },
            _ => Allowed::ALL,
        };
        let body = &vector.body;
        let came = with_key(&vector, |key| at_once(body, key, allowed));
        vector.check("at once", &came);
        if came.is_ok() {
            assert_eq!(came, Ok(expected(&vector)), "{}", vector.name);
            if let Some(header) = header(body).filter(|_| body[45] == 0) {
                let again = Header::parse(header).unwrap().encode();
                assert_eq!(again, header, "{}: header encoded again", vector.name);
            }
        }
        // Deriving takes most of the time, and is the same on each path.
        let chunks: &[usize] = if vector.get("passphrase").is_some() {
            &[4097]
        } else {
            &[13, 4097, 262_145]
        };
        for chunk in chunks {
            let known = with_key(&vector, |key| {
                streamed(body.chunks(*chunk), Some(body.len() as u64), key, allowed)
            });
            assert_eq!(known, came, "{}, streamed by {chunk}", vector.name);
        }
        if vector.get("passphrase").is_some() {
            continue;
        }
        let unknown = with_key(&vector, |key| streamed(body.chunks(997), None, key, allowed));
        // Who does not know the length sees a wrong one last.
        if came != Err(Verdict::Truncated) || unknown.is_ok() {
            assert_eq!(unknown, came, "{}, streamed without its length", vector.name);
        }
        let by_position = with_key(&vector, |key| by_position(body, key, allowed));
        assert_eq!(by_position, came, "{}, by position", vector.name);
    }
}

/// [C-4] [M-1] [M-2] [M-3] [M-4] [M-5]
#[test]
fn each_set_comes_to_its_verdict() {
    for vector in vectors("set") {
        let came = with_key(&vector, |key| set_at_once(&vector.body, key));
        vector.check("at once", &came);
        if came.is_ok() {
            assert_eq!(came, Ok(expected(&vector)), "{}", vector.name);
        }
    }
}

///
#[test]
fn each_page_gives_its_container() {
    for vector in vectors("page") {
        let came = container_in_page(&vector.body).and_then(|container| {
            if satchel_crypto::SetHead::is_set(&container) {
                return with_key(&vector, |key| set_at_once(&container, key));
            }
            with_key(&vector, |key| at_once(&container, key, Allowed::ALL))
        });
        vector.check("at once", &came);
        if came.is_ok() {
            assert_eq!(came, Ok(expected(&vector)), "{}", vector.name);
        }
    }
}

///
#[test]
fn each_recipient_and_identity_comes_to_its_verdict() {
    for vector in vectors("recipient") {
        let text = vector.text();
        let came = match vector.get("kind") {
            Some("identity") => Identity::parse(text).map(|identity| {
                assert_eq!(identity.encode().as_str(), text);
                identity.recipient().encode()
            }),
            _ => Recipient::parse(text).map(|recipient| recipient.encode()),
        };
        vector.check("parsed", &came);
        if let (Ok(came), Some(recipient)) = (came, vector.get("recipient")) {
            assert_eq!(came, recipient, "{}", vector.name);
        }
    }
}

/// [S-2]. Words are the client's: see its share_text.
#[test]
fn each_share_comes_to_its_verdict() {
    for vector in vectors("share") {
        if vector.get("form") != Some("code") {
            continue;
        }
        let came = Share::parse(vector.text());
        let came = came.map(|share| {
            assert_eq!(share.encode().as_str(), vector.text());
            (hex::encode(share.container_id()), share.number(), share.threshold())
        });
        vector.check("parsed", &came);
        if let Ok((id, number, threshold)) = came {
            assert_eq!(vector.get("container_id"), Some(id.as_str()));
            assert_eq!(vector.get("number"), Some(number.to_string().as_str()));
            assert_eq!(vector.get("threshold"), Some(threshold.to_string().as_str()));
        }
    }
}

/// [L-1] [L-2]
#[test]
fn each_link_and_receipt_comes_to_its_verdict() {
    for vector in vectors("link") {
        let text = vector.text();
        let looks_like_a_receipt = text.len() == 68 || vector.get("kind") == Some("receipt");
        let came = if vector.get("kind") == Some("owner") {
            OwnerReceipt::parse(text).map(|owner| owner_values(&owner))
        } else if vector.get("kind") == Some("panic") {
            assert_eq!(Link::parse(text).err(), Some(Verdict::UnsupportedLinkFlags));
            PanicSecret::parse(text).map(|panic| panic_values(&panic, &vector))
        } else if looks_like_a_receipt {
            Receipt::parse(text).map(|receipt| receipt_values(&receipt))
        } else {
            Link::parse(text).and_then(|link| link_values(&link, vector.get("passphrase")))
        };
        vector.check("parsed", &came);
        for (key, value) in came.unwrap_or_default() {
            assert_eq!(vector.get(key), Some(value.as_str()), "{}, {key}", vector.name);
        }
    }
}

fn link_values(link: &Link, passphrase: Option<&str>) -> Result<BTreeMap<&'static str, String>, Verdict> {
    let mut values = BTreeMap::from([
        ("id", link.id().encode()),
        ("probe_token", link.probe_token().bearer().to_string()),
        ("probe_hash", link.probe_token().hash().encode()),
    ]);
    let passphrase = passphrase.map(Passphrase::new).transpose()?;
    if passphrase.is_some() || !link.needs_passphrase() {
        let claim = link.unlock(passphrase.as_ref())?.claim_token();
        values.insert("claim_token", claim.bearer().to_string());
        values.insert("claim_hash", claim.hash().encode());
    }
    assert!(Link::parse(&link.encode()).is_ok());
    Ok(values)
}

fn receipt_values(receipt: &Receipt) -> BTreeMap<&'static str, String> {
    assert!(Receipt::parse(&receipt.encode()).is_ok());
    BTreeMap::from([
        ("id", receipt.id().encode()),
        ("receipt_token", receipt.token().bearer().to_string()),
        ("receipt_hash", receipt.token().hash().encode()),
    ])
}

fn owner_values(owner: &OwnerReceipt) -> BTreeMap<&'static str, String> {
    assert!(OwnerReceipt::parse(&owner.encode()).is_ok());
    BTreeMap::from([
        ("id", owner.id().encode()),
        ("owner_token", owner.token().bearer().to_string()),
        ("owner_hash", owner.token().hash().encode()),
    ])
}

fn panic_values(panic: &PanicSecret, vector: &Vector) -> BTreeMap<&'static str, String> {
    let id = |field| PasteId::parse(vector.get(field).unwrap()).unwrap();
    let bits = panic.to_bytes();
    assert_eq!(PanicSecret::parse(&panic.encode()).unwrap().bearer(), panic.bearer());
    assert_eq!(PanicSecret::from_bytes(&bits).unwrap().bearer(), panic.bearer());
    BTreeMap::from([
        ("bearer", panic.bearer().to_string()),
        ("paste_mark", panic.mark(&id("paste_id"))),
        ("document_mark", panic.mark_of_document(&id("document_id"))),
        ("word_bits", hex::encode(bits.as_slice())),
    ])
}

/// [L-7] [L-8]
#[test]
fn each_label_comes_to_its_verdict() {
    for vector in vectors("label") {
        let owner = OwnerReceipt::parse(vector.get("owner").unwrap()).unwrap();
        let came = owner.open_name(&vector.body);
        vector.check("opened", &came);
        if let Ok(name) = came {
            assert_eq!(vector.get("name"), Some(name.as_str()), "{}", vector.name);
        }
    }
}

/// [L-4] [L-5]
#[test]
fn each_owners_head_comes_to_its_verdict_and_makes_the_next() {
    for vector in vectors("head") {
        let owner = OwnerReceipt::parse(vector.get("owner").unwrap()).unwrap();
        let came = Heads::open(&vector.body, &owner).map(|heads| {
            let link = Link::parse(vector.get("link").unwrap()).unwrap();
            hex::encode(heads.for_link(&link.unlock(None).unwrap()))
        });
        vector.check("opened", &came);
        if let Ok(head) = came {
            assert_eq!(vector.get("head"), Some(head.as_str()), "{}", vector.name);
        }
    }
}

/// [N-1] [N-2]
#[test]
fn each_name_is_safe_unsafe_or_collides() {
    for vector in vectors("name") {
        let came = sanitise(vector.text());
        match vector.verdict() {
            "ok" => assert_eq!(came.unwrap().as_str(), vector.text(), "{}", vector.name),
            "collide" => {
                let other = sanitise(vector.get("other").unwrap()).unwrap();
                assert_eq!(came.unwrap().collision_key(), other.collision_key(), "{}", vector.name);
            }
            _ => assert!(came.is_err(), "{}: {came:?}", vector.name),
        }
    }
}

/// [P-3]: which bytes Argon2id is given shows in `nfc_hex`; here only whether the same key comes of both.
#[test]
fn each_passphrase_comes_to_its_verdict() {
    for vector in vectors("passphrase") {
        let came = match vector.get("from") {
            Some("file") => Passphrase::from_file(&vector.body),
            _ => Passphrase::new(vector.text()),
        };
        vector.check("read", &came.map(|_| ()));
    }
}

/// [L-3]: a server compares hashes alone.
#[test]
fn a_token_s_hash_is_the_sha_256_of_its_bytes() {
    let bearer = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let token = satchel_crypto::LeaseToken::parse(bearer).unwrap();
    let bytes: Vec<u8> = (0..32).collect();
    assert_eq!(token.hash().as_bytes().as_slice(), Sha256::digest(bytes).as_slice());
    assert_eq!(token.bearer().as_str(), bearer);
}
