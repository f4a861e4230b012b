//! The same random history on two backends, with one clock and the same tokens: every answer is equal, and neither contradicts itself.

use std::fmt::Debug;
use std::sync::Arc;

use proptest::prelude::*;
use satchel_server::storage::{
    Change, Content, Created, Id, NewDocument, NewLink, OnGuessing, PanicSecret, Purge, StoreError, Token, TokenHash,
    Upload,
};
use sha2::{Digest as _, Sha256};

use crate::acts::{Act, Body, PASTES, acts};
use crate::backends::{Backend, Memory, Sqlite};
use crate::store::*;

/// One backend, and what its requests hold.
struct Side<B> {
    backend: B,
    storage: Arc<dyn Storage>,
    hanging: Vec<Box<dyn Upload>>,
    invite: Option<TokenHash>,
    invites: u64,
}

/// What was answered, or why not.
fn said(answer: Result<impl Debug, StoreError>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("{error:?}"),
    }
}

fn created(answer: Result<Created, StoreError>) -> (String, Option<Box<dyn Upload>>) {
    match answer {
        Ok(made) => {
            let text = format!(
                "{} of {}, {}, {}",
                made.offset,
                made.size,
                made.expires_at,
                made.upload.is_some()
            );
            (text, made.upload)
        }
        Err(error) => (said(Err::<(), _>(error)), None),
    }
}

async fn read(content: Result<Box<dyn Content>, StoreError>, pieces: usize) -> String {
    let mut content = match content {
        Ok(content) => content,
        Err(error) => return said(Err::<(), _>(error)),
    };
    let mut text = format!("{} {:?} {}", content.size(), content.range(), content.lease_ends_at());
    for _ in 0..pieces {
        match content.next().await {
            None => break,
            Some(Ok(bytes)) => text += &format!(" {} {:x?}", bytes.len(), &Sha256::digest(bytes)[..4]),
            Some(Err(error)) => text += &format!(" {error:?}"),
        }
    }
    text
}

fn bundle(n: u8) -> (Id, Token, TokenHash) {
    let owner = [n ^ 0x80; 32];
    let hash = TokenHash::new(Sha256::digest(owner).into());
    (Id::of_document([n; 16]), Token::new(owner), hash)
}

impl<B: Backend> Side<B> {
    fn new(clock: &Arc<Hands>) -> Self {
        let backend = B::on(Arc::clone(clock));
        let storage = backend.open_within((1_500_000, 14));
        Self {
            backend,
            storage,
            hanging: Vec::new(),
            invite: None,
            invites: 0,
        }
    }

    async fn take(&mut self, act: &Act) -> String {
        let storage = Arc::clone(&self.storage);
        let who = |n: &u8| Secrets(u64::from(*n));
        match act {
            Act::Create(n, body) => self.create(*n, body).await,
            Act::CreateDocument(n, body) => self.create_document(*n, body).await,
            Act::AddLinks(n, first, count, reads) => {
                let (id, owner, _) = bundle(*n);
                let links = (*first..first + count).map(|n| self.link(n, *reads)).collect();
                said(storage.add_links_by(self.invite, id, &owner, links).await)
            }
            Act::Upload(n, off, len, hangs) => self.upload(*n, *off, *len, *hangs).await,
            Act::CommitHanging => match self.hanging.pop() {
                Some(upload) => said(upload.commit().await),
                None => String::new(),
            },
            Act::Probe(n) => said(storage.probe(who(n).id(), &who(n).token("probe")).await),
            Act::Receipt(n) => said(storage.receipt(who(n).id(), &who(n).token("receipt")).await),
            Act::Offset(n) => said(storage.offset(who(n).id(), &who(n).token("receipt")).await),
            Act::Claim(n, right, lease) => {
                let claim = who(n).token(if *right { "claim" } else { "wrong" });
                let (probe, lease) = (who(n).token("probe"), who(n).token(&format!("lease {lease}")));
                match storage.claim(who(n).id(), &probe, &claim, &lease).await {
                    Ok(claimed) => format!("{:?} {}", claimed.reads_left, read(Ok(claimed.content), 9).await),
                    Err(error) => said(Err::<(), _>(error)),
                }
            }
            Act::Read(n, lease, (from, to), pieces) => {
                let lease = who(n).token(&format!("lease {lease}"));
                let size = said(storage.content_size(who(n).id(), &lease).await);
                size + &read(storage.content(who(n).id(), &lease, *from, *to).await, *pieces).await
            }
            Act::Confirm(n, lease) => said(
                storage
                    .confirm(who(n).id(), &who(n).token(&format!("lease {lease}")))
                    .await,
            ),
            Act::Burn(n) => said(storage.burn(who(n).id(), &who(n).token("receipt")).await),
            Act::ResetWait(n) => said(storage.reset_wait(who(n).id(), &who(n).token("receipt")).await),
            Act::Change(n, expires_in, reads_left) => {
                let (expires_in, reads_left) = (*expires_in, *reads_left);
                let change = Change { expires_in, reads_left };
                said(storage.change(who(n).id(), &who(n).token("receipt"), change).await)
            }
            other => self.take_rest(other).await,
        }
    }

    async fn take_rest(&mut self, act: &Act) -> String {
        let storage = Arc::clone(&self.storage);
        match act {
            Act::Document(n) => {
                let (id, owner, _) = bundle(*n);
                let head = said(storage.owners_head(id, &owner).await);
                let seen = storage.document(id, &owner).await.map(|(state, size, links)| {
                    let links = links.into_iter().map(|link| (link.number, link.receipt, link.label));
                    (state, size, links.collect::<Vec<_>>())
                });
                said(seen) + &head
            }
            Act::BurnDocument(n) => said(storage.burn(bundle(*n).0, &bundle(*n).1).await),
            Act::BurnLink(n, number) => said(storage.burn_link(bundle(*n).0, &bundle(*n).1, *number).await),
            Act::ChangeLink(n, number, expires_in, reads_left) => {
                let (expires_in, reads_left) = (*expires_in, *reads_left);
                let change = Change { expires_in, reads_left };
                said(storage.change_link(bundle(*n).0, &bundle(*n).1, *number, change).await)
            }
            Act::Panic(secret) => said(storage.panic(PanicSecret::new([*secret; 32])).await),
            Act::Sweep => said(storage.sweep().await),
            Act::Purge(all, tombstones, older_than_secs) => {
                let purge = Purge {
                    all: *all,
                    tombstones: *tombstones,
                    older_than_secs: *older_than_secs,
                };
                said(storage.purge(purge).await)
            }
            Act::AcceptClock => said(storage.accept_clock().await),
            Act::SetLimits(bytes, items) => {
                storage.set_limits(*bytes, *items);
                String::new()
            }
            Act::Invite(on, uses, bytes) => {
                // Each has a token of its own, the same on both sides.
                self.invites += 1;
                let token = Sha256::digest(self.invites.to_be_bytes()).into();
                self.invite = on.then(|| self.backend.invite(token, *uses, *bytes, 86_400));
                String::new()
            }
            Act::Knows(n) => {
                let ids = vec![Secrets(u64::from(*n)).id()];
                let known = said(storage.knows(ids.clone()).await);
                match self.invite {
                    Some(invite) => known + &said(storage.admits(invite, ids, 5000).await),
                    None => known,
                }
            }
            Act::Restart => {
                // What a request holds goes with its process.
                self.hanging.clear();
                drop(storage);
                self.storage = self.backend.open_within((1_500_000, 14));
                String::new()
            }
            other => unreachable!("{other:?}"),
        }
    }

    async fn create(&mut self, n: u8, body: &Body) -> String {
        let secrets = Secrets(u64::from(n));
        let mut new = secrets.paste(body.size, body.reads);
        new.expires_in = body.expires_in;
        new.keep = body.keep;
        if body.burns {
            new.on_guessing = OnGuessing::Burn;
        }
        if let Some(secret) = body.panic {
            new.panic = Some(mark([secret; 32], secrets.id_hash()));
        }
        let bytes = bytes(body.size, u64::from(n))[..body.first].to_vec();
        let (text, upload) = created(self.storage.create_by(self.invite, new, bytes).await);
        self.hold(text, upload, body.hangs, n, body.first).await
    }

    async fn create_document(&mut self, n: u8, body: &Body) -> String {
        let (id, _, owner) = bundle(n);
        let hash = Sha256::new().chain_update(b"satchel/document").chain_update([n; 16]);
        let new = NewDocument {
            id,
            owner,
            size: body.size as u64,
            panic: body.panic.map(|secret| mark([secret; 32], hash.finalize().into())),
            head: vec![n; 50],
        };
        let bytes = bytes(body.size, u64::from(n))[..body.first].to_vec();
        let (text, upload) = created(self.storage.create_document_by(self.invite, new, bytes).await);
        self.hold(text, upload, body.hangs, n, body.first).await
    }

    /// What a creation leaves open is fed a little, and kept or dropped.
    async fn hold(&mut self, text: String, upload: Option<Box<dyn Upload>>, hangs: bool, n: u8, at: usize) -> String {
        let Some(mut upload) = upload.filter(|_| hangs) else {
            return text;
        };
        let more = bytes(at + 70, u64::from(n));
        let wrote = said(upload.write(&more[at..]).await);
        self.hanging.push(upload);
        text + &wrote
    }

    fn link(&self, n: u8, reads: u32) -> NewLink {
        let mut paste = Secrets(u64::from(n)).paste(0, reads);
        // The last one outlives what its document would be kept for without it.
        paste.expires_in = if n + 1 < PASTES {
            3600 * u64::from(n + 1)
        } else {
            20 * 86_400
        };
        NewLink {
            paste,
            head: vec![n; 40],
            label: n.is_multiple_of(2).then(|| vec![n; 9]),
        }
    }

    async fn upload(&mut self, n: u8, off: i64, len: usize, hangs: bool) -> String {
        let secrets = Secrets(u64::from(n));
        let stands = self.storage.offset(secrets.id(), &secrets.token("receipt")).await;
        let at = stands.map_or(0, |stands| stands.offset).saturating_add_signed(off);
        let begun = self.storage.upload(secrets.id(), &secrets.token("receipt"), at).await;
        let mut upload = match begun {
            Ok(upload) => upload,
            Err(error) => return said(Err::<(), _>(error)),
        };
        let (from, whole) = (at as usize, bytes(at as usize + len, u64::from(n)));
        let mut text = format!("{} {}", upload.offset(), upload.size());
        for part in whole[from..].chunks(30_011) {
            text += &said(upload.write(part).await);
        }
        if hangs {
            self.hanging.push(upload);
            text
        } else {
            text + &said(upload.commit().await)
        }
    }

    /// What can be seen from outside at any time, once what nobody waits for was done.
    async fn seen(&self) -> String {
        let nobody = self.storage.burn(Id::new([0xff; 16]), &Token::new([0; 32])).await;
        assert_eq!(nobody.err(), Some(StoreError::NotFound));
        let (health, totals) = (self.storage.health(), self.storage.totals());
        format!(
            "{health:?} {totals:?} {} {}",
            self.storage.leases(),
            self.storage.damaged()
        )
    }

    /// Everything that each paste answers, and what the backend finds wrong with itself.
    async fn all(&mut self) -> String {
        let mut text = self.seen().await;
        for n in 0..PASTES {
            for act in [Act::Probe(n), Act::Receipt(n), Act::Offset(n), Act::Document(n)] {
                text += &self.take(&act).await;
                text.push('\n');
            }
        }
        let inspection = self.storage.inspect().await.unwrap();
        assert_eq!(inspection.violations, []);
        text + &format!("{} {} {}", inspection.items, inspection.tombstones, inspection.leases)
    }
}

fn play(acts: &[(u64, i64, Act)]) {
    let clock = hands();
    run(async {
        let (mut one, mut other) = (Side::<Sqlite>::new(&clock), Side::<Memory>::new(&clock));
        for (n, (pause, jump, act)) in acts.iter().enumerate() {
            clock.advance(*pause);
            clock.jump(*jump);
            let answers = (one.take(act).await, other.take(act).await);
            assert_eq!(answers.0, answers.1, "act {n}: {act:?}");
            assert_eq!(one.seen().await, other.seen().await, "after act {n}: {act:?}");
        }
        assert_eq!(one.all().await, other.all().await);
    });
}

/// How many histories.
fn cases() -> u32 {
    if std::env::var_os("SATCHEL_LONG").is_some() {
        400
    } else {
        40
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// [ST-2], [ST-3], and every promise above as far as a history comes upon it.
    #[test]
    fn two_backends_answer_every_history_alike(acts in acts()) {
        play(&acts);
    }
}
