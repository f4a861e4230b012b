//! What is made up: items of noise, in a store of their own. Everything about one follows from a seed and its number, so that nothing is remembered.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use actix_web::rt::System;
use satchel_api::limit::{LINKS_AT_ONCE_MAX, TOKEN_LEN};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::error::MoveDrillError;
use super::plan::Plan;
use super::stop::Stop;
use crate::config::Settings;
use crate::lifecycle::OnGuessing;
use crate::serve::{self, Opening};
use crate::storage::Storage as _;
use crate::store::shape::{Kind, Outline};
use crate::store::{
    Blocks, Claimed, Clock as _, Id, Invites, NewDocument, NewInvite, NewLink, NewPaste, PanicMark, ROW_BYTES_MAX,
    Random as _, Store, StoreError, SystemClock, SystemRandom, Token, TokenHash,
};

/// Creations that are on their way at once: they share a commit.
const AT_ONCE: usize = 64;
const NOISE_LEN: usize = 1 << 20;
/// What is written at once.
const PIECE_LEN: usize = 256 * 1024;
/// A drill is over by then.
const EXPIRES_IN: u64 = 7 * 24 * 3600;
/// Those that are claimed here are not used up by that.
const READS: u32 = 5;
const LABEL_LEN: usize = 64;
const HEAD_LEN: usize = 200;

/// One that was made.
#[derive(Clone, Copy)]
pub(super) struct Made {
    number: u64,
    outline: Outline,
    /// Of a link, its document's number and length.
    document: Option<(u64, u64)>,
}

/// All that was made, in order of number.
pub(super) struct Stock {
    source: Arc<Source>,
    made: Vec<Made>,
}

/// What bytes and tokens come from.
struct Source {
    seed: [u8; 32],
    noise: Vec<u8>,
}

impl Stock {
    /// What will be made of a plan. Two more than the store has are for one read each: one to be opened on either leg.
    pub(super) fn of(plan: &Plan) -> Result<Self, MoveDrillError> {
        let mut source = Source {
            seed: [0; 32],
            noise: vec![0; NOISE_LEN],
        };
        SystemRandom.fill(&mut source.seed)?;
        SystemRandom.fill(&mut source.noise)?;
        let to_open = Outline {
            kind: Kind::Single,
            size: 100_000,
            held: 100_000,
            running: false,
            claimed: false,
            marked: false,
            labelled: false,
        };
        let outlines: Vec<Outline> = [to_open; 2].iter().chain(&plan.shape.items).copied().collect();
        let mut made: Vec<Made> = (0..)
            .zip(outlines)
            .map(|(number, outline)| Made {
                number,
                outline,
                document: None,
            })
            .collect();
        let of_kind = |kind| move |made: &&Made| made.outline.kind == kind;
        let documents: Vec<(u64, u64)> = made
            .iter()
            .filter(of_kind(Kind::Document))
            .map(|made| (made.number, made.outline.size))
            .collect();
        let links = made.iter_mut().filter(|made| made.outline.kind == Kind::Link);
        for (link, document) in links.zip(documents.iter().cycle()) {
            link.document = Some(*document);
        }
        Ok(Self {
            source: Arc::new(source),
            made,
        })
    }

    /// Items of a kind that nobody has claimed yet.
    pub(super) fn unclaimed(&self, kind: Kind) -> impl Iterator<Item = Made> {
        let of_kind = move |made: &&Made| made.outline.kind == kind && !made.outline.running && !made.outline.claimed;
        self.made.iter().filter(of_kind).copied()
    }

    /// Makes all of it in the store of these settings, and closes that.
    pub(super) fn fill(&self, settings: &Settings, plan: &Plan, stop: &Stop) -> Result<(), MoveDrillError> {
        let store = serve::open(settings, Opening::default())?;
        let done = System::new().block_on(self.put(&store, plan.shape.tombstones, stop));
        store.close();
        done?;
        around(&settings.data, plan, stop)
    }

    async fn put(&self, store: &Store, tombstones: u64, stop: &Stop) -> Result<(), MoveDrillError> {
        let mut flow = Flow::new(store, &self.source, stop);
        for made in self.made.iter().filter(|made| made.outline.kind != Kind::Link) {
            flow.begin(Task::Item(*made)).await?;
        }
        // Links lead to documents that are whole.
        flow.settle(1).await?;
        let mut links: Vec<Made> = self
            .made
            .iter()
            .filter(|made| made.document.is_some())
            .copied()
            .collect();
        links.sort_by_key(|made| made.document);
        for of_one in links.chunk_by(|one, other| one.document == other.document) {
            for some in of_one.chunks(LINKS_AT_ONCE_MAX) {
                flow.begin(Task::Links(some.to_vec())).await?;
            }
        }
        flow.settle(1).await?;
        let claimed = |made: &&Made| made.outline.running || made.outline.claimed;
        for made in self.made.iter().filter(claimed) {
            flow.begin(Task::Claims(*made)).await?;
        }
        for number in 0..tombstones {
            flow.begin(Task::Tombstone(number)).await?;
        }
        flow.settle(1).await?;
        // What the first sweep after a start changes is changed before it is looked at.
        Ok(store.sweep().await?)
    }

    /// Opens one as its reader does, and confirms; true when it holds what was put there.
    pub(super) async fn opens(&self, store: &Store, made: Made) -> Result<bool, StoreError> {
        let Claimed { mut content, .. } = self.source.claim(store, made, "opened").await?;
        let mut at = 0;
        let mut same = true;
        while let Some(bytes) = content.next().await {
            let bytes = bytes?;
            same &= self.source.is_there(made, at, &bytes);
            at += bytes.len();
        }
        let whole = made.outline.size + made.document.map_or(0, |(_, len)| len);
        store
            .confirm(self.source.id(made), &self.source.token(made, "opened"))
            .await?;
        Ok(same && u64::try_from(at) == Ok(whole))
    }

    /// Whether one that was opened, and was for one read, is told as gone.
    pub(super) async fn is_gone(&self, store: &Store, made: Made) -> bool {
        let again = self.source.claim(store, made, "again").await;
        matches!(again, Err(StoreError::Burned(_)))
    }

    /// Whether an upload goes on where it was.
    pub(super) async fn stands(&self, store: &Store, made: Made) -> bool {
        let receipt = self.source.token(made, "receipt");
        let found = store.offset(self.source.id(made), &receipt).await;
        found.is_ok_and(|progress| progress.offset == made.outline.held)
    }
}

impl Made {
    pub(super) const fn is_for_one_read(&self) -> bool {
        matches!(self.outline.kind, Kind::Single | Kind::Link)
    }
}

/// Invites and blocked ids, past the server as commands make them.
fn around(folder: &Path, plan: &Plan, stop: &Stop) -> Result<(), MoveDrillError> {
    let mut invites = Invites::open(folder)?;
    for _ in 0..plan.shape.invites {
        stop.check()?;
        let new = NewInvite {
            uses: 10,
            bytes: None,
            expires_in: EXPIRES_IN,
        };
        invites.create(new, SystemClock.now(), &SystemRandom)?;
    }
    let blocks = Blocks::open(folder)?;
    for _ in 0..plan.shape.blocked {
        stop.check()?;
        let mut id = [0; satchel_api::limit::ID_LEN];
        SystemRandom.fill(&mut id)?;
        blocks.block(Id::new(id))?;
    }
    Ok(())
}

enum Task {
    Item(Made),
    Links(Vec<Made>),
    Claims(Made),
    Tombstone(u64),
}

/// What is on its way.
struct Flow<'a> {
    store: &'a Store,
    source: &'a Arc<Source>,
    stop: &'a Stop,
    tasks: VecDeque<JoinHandle<Result<(), StoreError>>>,
}

impl<'a> Flow<'a> {
    const fn new(store: &'a Store, source: &'a Arc<Source>, stop: &'a Stop) -> Self {
        Self {
            store,
            source,
            stop,
            tasks: VecDeque::new(),
        }
    }

    async fn begin(&mut self, task: Task) -> Result<(), MoveDrillError> {
        let (store, source) = (self.store.clone(), Arc::clone(self.source));
        self.tasks.push_back(actix_web::rt::spawn(async move {
            match task {
                Task::Item(made) => source.put(&store, made).await,
                Task::Links(links) => source.link(&store, &links).await,
                Task::Claims(made) => source.claims(&store, made).await,
                Task::Tombstone(number) => source.burn(&store, number).await,
            }
        }));
        self.settle(AT_ONCE).await
    }

    /// Waits until fewer than so many are on their way.
    async fn settle(&mut self, many: usize) -> Result<(), MoveDrillError> {
        self.stop.check()?;
        while self.tasks.len() >= many {
            let Some(task) = self.tasks.pop_front() else { break };
            task.await.map_err(std::io::Error::other)??;
        }
        Ok(())
    }
}

impl Source {
    /// SHA-256(seed || what it is for || number).
    fn derived(&self, number: u64, role: &str) -> [u8; TOKEN_LEN] {
        let begun = Sha256::new().chain_update(self.seed).chain_update(role);
        begun.chain_update(number.to_be_bytes()).finalize().into()
    }

    fn token(&self, made: Made, role: &str) -> Token {
        Token::new(self.derived(made.number, role))
    }

    fn hash(&self, made: Made, role: &str) -> TokenHash {
        self.token(made, role).hash()
    }

    fn id(&self, made: Made) -> Id {
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
    fn is_there(&self, made: Made, at: usize, bytes: &[u8]) -> bool {
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

    async fn put(&self, store: &Store, made: Made) -> Result<(), StoreError> {
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
    async fn link(&self, store: &Store, links: &[Made]) -> Result<(), StoreError> {
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

    async fn claim(&self, store: &Store, made: Made, lease: &str) -> Result<Claimed, StoreError> {
        let [probe, claim, lease] = ["probe", "claim", lease].map(|role| self.token(made, role));
        store.claim(self.id(made), &probe, &claim, &lease).await
    }

    async fn claims(&self, store: &Store, made: Made) -> Result<(), StoreError> {
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

    async fn burn(&self, store: &Store, number: u64) -> Result<(), StoreError> {
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
