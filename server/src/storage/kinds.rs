//! What goes in: ids, tokens, their hashes, and a new paste's policy.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::random::{NoRandomness, Random};
use super::trace::without_trace;
use crate::lifecycle::{Now, OnGuessing, Paste, Policy, Stage, drop_at};

/// What names a paste, or a document with several links: SHA-256 of its 16 bytes, which is all that is kept of them.
#[derive(Clone, Copy)]
pub struct Id([u8; 32]);

impl Id {
    /// A paste's id as it stood in the path: SHA-256(id).
    #[must_use]
    pub fn new(bytes: [u8; satchel_api::limit::ID_LEN]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The id of a document with several links: SHA-256("satchel/document" || id). None of these is ever a paste's.
    #[must_use]
    pub fn of_document(bytes: [u8; satchel_api::limit::ID_LEN]) -> Self {
        let begun = Sha256::new().chain_update(b"satchel/document");
        Self(begun.chain_update(bytes).finalize().into())
    }

    /// One whose hash is known and nothing else.
    pub(crate) const fn of_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    pub(crate) const fn hash(&self) -> [u8; 32] {
        self.0
    }
}

/// 32 bytes that prove something: a probe, claim, lease or receipt token. Only its SHA-256 is kept. On the heap, so that it is in one place
/// however often it is handed on.
pub struct Token(Box<Zeroizing<[u8; satchel_api::limit::TOKEN_LEN]>>);

impl Token {
    /// A token as it came.
    #[must_use]
    pub fn new(bytes: [u8; satchel_api::limit::TOKEN_LEN]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    /// 32 fresh random bytes.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate(random: &dyn Random) -> Result<Self, NoRandomness> {
        let mut token = Self(Box::default());
        random.fill(&mut token.0[..])?;
        Ok(token)
    }

    /// The bytes, for the one who is to have it.
    pub(crate) fn expose(&self) -> &[u8; satchel_api::limit::TOKEN_LEN] {
        &self.0
    }

    /// SHA-256 of the token.
    pub(crate) fn hash(&self) -> TokenHash {
        without_trace(|| TokenHash(Sha256::digest(&self.0[..]).into()))
    }
}

/// SHA-256 of a token's 32 bytes. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// A hash as it came in `Upload-Metadata`.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn same_as(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }

    /// What was found, where this is the token that proves it: compared in the same time whether something was found or not.
    pub(crate) fn proves<T>(&self, found: Option<T>, of: impl Fn(&T) -> &Self) -> Option<T> {
        const NOBODY: TokenHash = TokenHash::new([0; 32]);
        let same = bool::from(self.same_as(found.as_ref().map_or(&NOBODY, of)));
        found.filter(|_| same)
    }
}

/// 32 bytes that burn everything that was made under them. Nothing of it is kept.
pub struct PanicSecret(Box<Zeroizing<[u8; satchel_api::limit::TOKEN_LEN]>>);

impl PanicSecret {
    /// A secret as it came.
    #[must_use]
    pub fn new(bytes: [u8; satchel_api::limit::TOKEN_LEN]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    /// Ready to be tried on many rows.
    pub(crate) fn tester(&self) -> PanicTester {
        without_trace(|| {
            let keyed = Hmac::<Sha256>::new_from_slice(&self.0[..]).expect("a key of any length is taken");
            PanicTester(Box::new(keyed))
        })
    }
}

/// HMAC-SHA-256 under a panic secret, keyed once.
pub(crate) struct PanicTester(Box<Hmac<Sha256>>);

impl PanicTester {
    /// What a paste of this id was marked with, if it was made under this secret.
    pub(crate) fn mark(&self, id_hash: &[u8; 32]) -> PanicMark {
        PanicMark(
            Hmac::clone(&self.0)
                .chain_update(id_hash)
                .finalize()
                .into_bytes()
                .into(),
        )
    }
}

/// HMAC-SHA-256(panic secret, hash of the id): to whoever has not the secret it says nothing, and no two pastes have the same. Compared in constant time.
#[derive(Clone, Copy)]
pub struct PanicMark([u8; 32]);

impl PanicMark {
    /// A mark as it came in `Upload-Metadata`.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn same_as(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }

    /// Whether both are none, or the same.
    pub(crate) fn same(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => one.same_as(other).into(),
            _ => false,
        }
    }
}

/// A document to be created, whose payload several links will lead to.
pub struct NewDocument {
    /// Its name, chosen by the client; made by [`Id::of_document`].
    pub id: Id,
    /// SHA-256 of the owner token.
    pub owner: TokenHash,
    /// The payload's length, at least 1.
    pub size: u64,
    /// What a panic request finds it by.
    pub panic: Option<PanicMark>,
    /// The owner's head, at most [`HEAD_LEN_MAX`](satchel_api::limit::HEAD_LEN_MAX) bytes.
    pub head: Vec<u8>,
}

impl NewDocument {
    /// What is created, and its owner's head.
    pub(crate) fn into_parts(self) -> (NewPaste, Vec<u8>) {
        let paste = NewPaste::of_document(self.id, self.owner, self.size, self.panic);
        (paste, self.head)
    }
}

/// A link to a document that is whole. Limits are HTTP's to check.
pub struct NewLink {
    /// Its id, token hashes and policy. Its size is the head's length, its receipt token the document's owner token.
    pub paste: NewPaste,
    /// What stands before the payload.
    pub head: Vec<u8>,
    /// What its owner is told of it again, at most [`LABEL_LEN_MAX`](satchel_api::limit::LABEL_LEN_MAX) bytes.
    pub label: Option<Vec<u8>>,
}

impl NewLink {
    /// Bytes that it adds to what is stored.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.head.len()).unwrap_or(u64::MAX)
    }
}

/// A paste to be created. Limits of expiry, reads and size are HTTP's to check.
#[derive(Clone, Copy)]
pub struct NewPaste {
    /// Its name, chosen by the client.
    pub id: Id,
    /// SHA-256 of the probe token.
    pub probe: TokenHash,
    /// SHA-256 of the claim token.
    pub claim: TokenHash,
    /// SHA-256 of the receipt token.
    pub receipt: TokenHash,
    /// The container's length, at least 1.
    pub size: u64,
    /// Seconds from completion to expiry; rounded up to the hour, to 5 minutes when under 6 h.
    pub expires_in: u64,
    /// How many claims may succeed; 0 for any number.
    pub reads: u32,
    /// What many wrong passphrases do.
    pub on_guessing: OnGuessing,
    /// Backups may hold its key (only with `reads` 0).
    pub keep: bool,
    /// What a panic request finds it by; none for a link, which burns with its document.
    pub panic: Option<PanicMark>,
}

impl NewPaste {
    /// What its creator asked for.
    pub(crate) const fn policy(&self) -> Policy {
        Policy {
            reads: self.reads,
            expires_in: self.expires_in,
            on_guessing: self.on_guessing,
        }
    }

    /// As it begins: nothing of it is there yet.
    pub(crate) fn begun(&self, now: Now) -> Paste {
        Paste {
            size: self.size,
            policy: self.policy(),
            stage: Stage::Uploading {
                held: 0,
                drop_at: drop_at(now.latest),
            },
            reads_used: 0,
            running: 0,
            tries: 0,
            wait_until: 0,
        }
    }

    /// What stands for a document among the pastes: nobody can prove a probe or claim token to it, and without links it is dropped like an
    /// unfinished upload.
    const fn of_document(id: Id, owner: TokenHash, size: u64, panic: Option<PanicMark>) -> Self {
        const NOBODY: TokenHash = TokenHash::new([0; 32]);
        Self {
            id,
            probe: NOBODY,
            claim: NOBODY,
            receipt: owner,
            size,
            expires_in: satchel_api::limit::UPLOAD_IDLE_SECS,
            reads: 0,
            on_guessing: OnGuessing::Lock,
            keep: false,
            panic,
        }
    }
}

/// How a paste is to end from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Seconds from now to the new expiry.
    pub expires_in: Option<u64>,
    /// Reads that are left from now on: fewer than there are.
    pub reads_left: Option<u32>,
}

/// What goes, besides all that is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// Whatever lives, and every tombstone.
    pub all: bool,
    /// Tombstones before their time.
    pub tombstones: bool,
    /// What was stored at least so many seconds ago, as far as rounded times tell.
    pub older_than_secs: Option<u64>,
}
