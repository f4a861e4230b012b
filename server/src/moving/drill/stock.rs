//! What is made up: items of noise, in a store of their own. Everything about one follows from a seed and its number, so that nothing is remembered.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use actix_web::rt::System;
use satchel_api::limit::LINKS_AT_ONCE_MAX;
use tokio::task::JoinHandle;

use super::error::MoveDrillError;
use super::made::{Made, NOISE_LEN, Source};
use super::plan::Plan;
use super::stop::Stop;
use crate::config::Settings;
use crate::serve::{self, Opening};
use crate::storage::Storage as _;
use crate::store::shape::{Kind, Outline};
use crate::store::{
    Blocks, Claimed, Clock as _, Id, Invites, NewInvite, Random as _, Store, StoreError, SystemClock, SystemRandom,
};

/// Creations that are on their way at once: they share a commit.
const AT_ONCE: usize = 64;
/// A drill is over by then.
pub(super) const EXPIRES_IN: u64 = 7 * 24 * 3600;

/// All that was made, in order of number.
pub(super) struct Stock {
    source: Arc<Source>,
    made: Vec<Made>,
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
