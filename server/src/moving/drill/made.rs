//! One item of noise: its tokens, its bytes, and how it is put, claimed and burned.

use satchel_api::limit::TOKEN_LEN;
use sha2::{Digest as _, Sha256};

use super::stock::EXPIRES_IN;
use crate::lifecycle::OnGuessing;
use crate::storage::Storage as _;
use crate::store::shape::{Kind, Outline};
use crate::store::{
    Claimed, Id, NewDocument, NewLink, NewPaste, PanicMark, ROW_BYTES_MAX, Store, StoreError, Token, TokenHash,
};

pub(super) const NOISE_LEN: usize = 1 << 20;
/// What is written at once.
const PIECE_LEN: usize = 256 * 1024;
/// Those that are claimed here are not used up by that.
const READS: u32 = 5;
const LABEL_LEN: usize = 64;
const HEAD_LEN: usize = 200;

/// One that was made.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) number: u64,
    pub(super) outline: Outline,
    /// Of a link, its document's number and length.
    pub(super) document: Option<(u64, u64)>,
}

impl Made {
    pub(super) const fn is_for_one_read(&self) -> bool {
        matches!(self.outline.kind, Kind::Single | Kind::Link)
    }
}

/// What bytes and tokens come from.
pub(super) struct Source {
    pub(super) seed: [u8; 32],
    pub(super) noise: Vec<u8>,
}

impl Source {
    /// SHA-256(seed || what it is for || number).
    fn derived(&self, number: u64, role: &str) -> [u8; TOKEN_LEN] {
        let begun = Sha256::new().chain_update(self.seed).chain_update(role);
        begun.chain_update(number.to_be_bytes()).finalize().into()
    }

    pub(super) fn token(&self, made: Made, role: &str) -> Token {
        Token::new(self.derived(made.number, role))
    }

    fn hash(&self, made: Made, role: &str) -> TokenHash {
        self.token(made, role).hash()
    }

    pub(super) fn id(&self, made: Made) -> Id {
        self.id_of(made.number, made.outline.kind)
    }

    fn id_of(&self, number: u64, kind: Kind) -> Id {
        let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.derived(number, "id");
        match kind {
            Kind::Document => Id::of_document(bytes),
            _ => Id::new(bytes),
        }
    }

    /// Where in the noise an item begins.
    fn start(&self, number: u64) -> usize {
        let [a, b, c, ..] = self.derived(number, "noise");
        usize::from(a) << 12 | usize::from(b) << 4 | usize::from(c) >> 4
    }

    /// `len` bytes of an item's own, from `at` on.
    fn bytes(&self, number: u64, at: usize, len: usize) -> Vec<u8> {
        let from = self.start(number) + at;
        (from..from + len).map(|n| self.noise[n % NOISE_LEN]).collect()
    }

    /// Whether an item holds these bytes there, its document's behind its own.
    pub(super) fn is_there(&self, made: Made, at: usize, bytes: &[u8]) -> bool {
        let own = usize::try_from(made.outline.size).unwrap_or(usize::MAX);
        let (first, rest) = bytes.split_at(own.saturating_sub(at).min(bytes.len()));
        let is_own = self.bytes(made.number, at, first.len()) == first;
        is_own
            && made.document.map_or(rest.is_empty(), |(document, _)| {
                self.bytes(document, (at + first.len()).saturating_sub(own), rest.len()) == rest
            })
    }

    fn mark(&self, made: Made) -> Option<PanicMark> {
        let marked = made.outline.marked;
        marked.then(|| PanicMark::new(self.derived(made.number, "mark")))
    }

    fn paste(&self, made: Made) -> NewPaste {
        let kind = made.outline.kind;
        NewPaste {
            id: self.id(made),
            probe: self.hash(made, "probe"),
            claim: self.hash(made, "claim"),
            receipt: self.hash(made, "receipt"),
            size: made.outline.size,
            expires_in: EXPIRES_IN,
            reads: match kind {
                Kind::Single | Kind::Upload => 1,
                Kind::Several => READS,
                // What is claimed here is to be there afterwards.
                Kind::Link if made.outline.running || made.outline.claimed => READS,
                Kind::Link => 1,
                Kind::Any | Kind::Kept | Kind::Document => 0,
            },
            on_guessing: OnGuessing::Lock,
            keep: kind == Kind::Kept,
            panic: self.mark(made),
        }
    }

    pub(super) async fn put(&self, store: &Store, made: Made) -> Result<(), StoreError> {
        let Outline { kind, size, held, .. } = made.outline;
        let held = usize::try_from(if kind == Kind::Upload { held } else { size }).unwrap_or(usize::MAX);
        let body = if size <= ROW_BYTES_MAX { held } else { 0 };
        let first = self.bytes(made.number, 0, body);
        let created = if kind == Kind::Document {
            let new = NewDocument {
                id: self.id(made),
                owner: self.hash(made, "receipt"),
                size,
                panic: self.mark(made),
                head: self.bytes(made.number, 1, HEAD_LEN),
            };
            store.create_document(new, first).await?
        } else {
            store.create(self.paste(made), first).await?
        };
        let mut at = body;
        let Some(mut upload) = created.upload.filter(|_| at < held) else {
            return Ok(());
        };
        while at < held {
            let len = (held - at).min(PIECE_LEN);
            upload.write(&self.bytes(made.number, at, len)).await?;
            at += len;
        }
        upload.commit().await.map(drop)
    }

    /// Links of one document.
    pub(super) async fn link(&self, store: &Store, links: &[Made]) -> Result<(), StoreError> {
        let Some((document, _)) = links.first().and_then(|made| made.document) else {
            return Ok(());
        };
        let new = links.iter().map(|made| NewLink {
            paste: self.paste(*made),
            head: self.bytes(made.number, 0, usize::try_from(made.outline.size).unwrap_or(usize::MAX)),
            label: made.outline.labelled.then(|| self.bytes(made.number, 7, LABEL_LEN)),
        });
        let owner = Token::new(self.derived(document, "receipt"));
        let id = self.id_of(document, Kind::Document);
        store.add_links(id, &owner, new.collect()).await.map(drop)
    }

    pub(super) async fn claim(&self, store: &Store, made: Made, lease: &str) -> Result<Claimed, StoreError> {
        let [probe, claim, lease] = ["probe", "claim", lease].map(|role| self.token(made, role));
        store.claim(self.id(made), &probe, &claim, &lease).await
    }

    pub(super) async fn claims(&self, store: &Store, made: Made) -> Result<(), StoreError> {
        let Outline {
            kind, running, claimed, ..
        } = made.outline;
        // Of one for a single read it would be the burn.
        if claimed && kind != Kind::Single {
            self.claim(store, made, "over").await?;
            store.confirm(self.id(made), &self.token(made, "over")).await?;
        }
        if running {
            self.claim(store, made, "running").await?;
        }
        Ok(())
    }

    pub(super) async fn burn(&self, store: &Store, number: u64) -> Result<(), StoreError> {
        let made = Made {
            // Numbers of their own, from the other end.
            number: u64::MAX - number,
            outline: Outline {
                kind: Kind::Single,
                size: 1,
                held: 1,
                running: false,
                claimed: false,
                marked: false,
                labelled: false,
            },
            document: None,
        };
        self.put(store, made).await?;
        store.burn(self.id(made), &self.token(made, "receipt")).await.map(drop)
    }
}
