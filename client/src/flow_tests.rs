//! The flows against a model of the server, behind a network that cuts at any byte, loses answers and repeats requests.

use proptest::prelude::*;
use satchel_api::Burned;
use satchel_crypto::limit::{SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use satchel_crypto::{Allowed, Asked, Container, Invite, Key, Link, Locks, Manifest, Passphrase, Profile, Verdict};

use crate::testing::Seeded;
use crate::testing::here::{Document, InMemory, Keeper, Late, NoPause, Opened};
use crate::testing::server::Model;
use crate::{
    Base, Context, Error, InCrate, OnGuessing, Pause, Policy, Reader, Received, Receiving, Shared, Sharing, burn,
    receipt_status, receive, seal, share, shared_len,
};

pub(crate) const ONCE: Policy = Policy {
    expires_in: 3600,
    reads: 1,
    on_guessing: OnGuessing::Lock,
    keep: false,
};

pub(crate) fn base() -> Base {
    Base::parse("https://satchel.test").unwrap()
}

pub(crate) fn document(seed: u64, lens: &[usize]) -> Document {
    let mut rng = Seeded::new(seed);
    let random = |len: &usize| {
        let mut bytes = vec![0; *len];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    Document::of(lens.iter().map(random).collect())
}

pub(crate) fn shared(
    model: &Model,
    document: &Document,
    policy: Policy,
    passphrase: Option<&Passphrase>,
) -> Result<Shared, Error> {
    shared_by(None, model, document, policy, passphrase)
}

pub(crate) fn shared_by(
    invite: Option<&Invite>,
    model: &Model,
    document: &Document,
    policy: Policy,
    passphrase: Option<&Passphrase>,
) -> Result<Shared, Error> {
    let context = Context {
        base: &base(),
        transport: model,
        pause: &NoPause,
        watch: &(),
    };
    let sharing = Sharing {
        entries: document.entries(),
        policy,
        passphrase,
        invite,
        panic: None,
        names: &[],
    };
    let (mut source, mut spool) = (document.clone(), InMemory::default());
    pollster::block_on(share(
        &context,
        sharing,
        &mut source,
        &mut spool,
        &Late,
        &mut Seeded::new(7),
    ))
}

pub(crate) fn received(
    model: &Model,
    link: &Link,
    passphrase: Option<&Passphrase>,
    sink: &mut Opened,
    mut keeper: &Keeper,
) -> Result<Received, Error> {
    let context = Context {
        base: &base(),
        transport: model,
        pause: &NoPause,
        watch: &(),
    };
    let mut rng = Seeded::new(100 + model.count("claim") as u64);
    let receiving = Receiving { link, passphrase };
    pollster::block_on(receive(&context, &receiving, sink, &mut keeper, &Late, &mut rng))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_bad_line_changes_neither_the_bytes_nor_the_number_of_reads(
        seed: u64,
        lens in prop::collection::vec(0_usize..400_000, 1..4),
    ) {
        let (model, keeper, document) = (Model::new(seed, true), Keeper::default(), document(seed, &lens));
        let shared = shared(&model, &document, ONCE, None).unwrap();
        let mut sink = Opened::default();
        let received = received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
        prop_assert!(sink.committed && sink.files == document.files);
        prop_assert!(received.confirmed && !received.resumed);
        prop_assert_eq!(model.sole(|paste| (paste.reads_used, paste.burned)), (1, Some(Burned::Reads)));
        prop_assert!(keeper.0.borrow().is_empty());
    }

    #[test]
    fn a_reader_killed_at_any_request_goes_on_with_the_same_lease(seed: u64, alive in 0_u32..5) {
        let (model, keeper, document) = (Model::new(seed, false), Keeper::default(), document(seed, &[600_000]));
        let shared = shared(&model, &document, ONCE, None).unwrap();
        model.silent_in(Some(alive));
        let first = received(&model, &shared.link, None, &mut Opened::default(), &keeper);
        model.silent_in(None);
        let mut sink = Opened::default();
        match first {
            Ok(first) => prop_assert!(alive >= 2 && (first.confirmed || alive == 2)),
            Err(error) => {
                prop_assert!(matches!(error, Error::Unreachable));
                prop_assert_eq!(keeper.0.borrow().len(), usize::from(alive > 0));
                received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
                prop_assert!(sink.files == document.files);
            }
        }
        prop_assert_eq!(model.sole(|paste| paste.reads_used), 1);
    }

    #[test]
    fn what_is_sealed_opens_again(seed: u64, lens in prop::collection::vec(0_usize..900_000, 1..5), open_ended: bool, lends: bool) {
        let mut document = document(seed, &lens);
        (document.open_ended, document.lends) = (open_ended, lends);
        let manifest = Manifest::new(document.entries(), Asked::default()).unwrap();
        let unlocked = Link::generate(&mut Seeded::new(seed), false).unlock(None).unwrap();
        let mut container = InMemory::default();
        let (locks, mut rng) = (Locks::Link(&unlocked), Seeded::new(seed));
        let sealing = seal(&manifest, &locks, &mut document, &mut container, &Late, &(), &mut rng);
        let len = pollster::block_on(sealing).unwrap();
        prop_assert_eq!(len, container.bytes.len() as u64);
        container.lends = lends;
        let mut sink = Opened::default();
        let listed = pollster::block_on(async {
            let mut reader = Reader::open(container, &Key::Link(&unlocked), Allowed::ALL, &()).await.unwrap();
            let listed = reader.list(&InCrate).await.unwrap();
            if lends {
                reader.unpack_elsewhere(&Late, &mut sink, &()).await.unwrap();
            } else {
                reader.unpack(&Late, &mut sink, &()).await.unwrap();
            }
            listed
        });
        prop_assert!(sink.committed && sink.files == document.files);
        prop_assert_eq!(listed.sizes, lens.iter().map(|len| *len as u64).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_opened_where_it_lies_is_given_out_up_to_the_first_changed_segment_and_no_further() {
    let mut document = document(3, &[9 * SEGMENT_PLAINTEXT_LEN]);
    let manifest = Manifest::new(document.entries(), Asked::default()).unwrap();
    let unlocked = Link::generate(&mut Seeded::new(3), false).unlock(None).unwrap();
    let (locks, mut rng, mut sealed) = (Locks::Link(&unlocked), Seeded::new(3), InMemory::default());
    pollster::block_on(seal(
        &manifest,
        &locks,
        &mut document,
        &mut sealed,
        &Late,
        &(),
        &mut rng,
    ))
    .unwrap();
    sealed.lends = true;
    let container = Container::parse(&sealed.bytes, sealed.bytes.len() as u64).unwrap();
    let container = container.open(&Key::Link(&unlocked), Allowed::ALL).unwrap();
    let start = |position: u64| usize::try_from(container.segment_range(position).start).unwrap();
    let opened = |bytes: Vec<u8>| {
        let (mut sink, mut damaged) = (Opened::default(), sealed.clone());
        damaged.bytes = bytes;
        let outcome = pollster::block_on(async {
            let mut reader = Reader::open(damaged, &Key::Link(&unlocked), Allowed::ALL, &()).await?;
            reader.unpack_elsewhere(&Late, &mut sink, &()).await
        });
        (outcome, sink)
    };
    let expect = |bytes: Vec<u8>, position: u64| {
        let (outcome, sink) = opened(bytes);
        assert!(matches!(outcome, Err(Error::Verdict(Verdict::BadSegment(bad))) if bad == position));
        let given = sink.files.first().map_or(&[][..], |(_, bytes)| bytes);
        assert!(!sink.committed && document.files[0].1.starts_with(given));
        assert!(given.len() as u64 <= position * SEGMENT_PLAINTEXT_LEN as u64);
    };
    for position in 0..9 {
        for at in [0, 4, 16, SEGMENT_LEN - 1] {
            let mut bytes = sealed.bytes.clone();
            bytes[start(position) + at] ^= 1;
            expect(bytes, position);
        }
    }
    let mut swapped = sealed.bytes.clone();
    let (before, after) = swapped.split_at_mut(start(6));
    before[start(5)..].swap_with_slice(&mut after[..SEGMENT_LEN]);
    expect(swapped, 5);
    let (outcome, sink) = opened(sealed.bytes.clone());
    assert!(outcome.is_ok() && sink.files == document.files);
}

#[test]
fn an_upload_of_several_chunks_goes_on_where_it_was_cut() {
    let (model, keeper, document) = (Model::new(5, true), Keeper::default(), document(5, &[20 << 20]));
    let shared = shared(&model, &document, ONCE, None).unwrap();
    assert!(model.count("patch") >= 2);
    let mut sink = Opened::default();
    received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
    assert!(sink.files == document.files);
}

/// Somebody sees that it waits. The wire comes back after so many waits.
struct Watched<'a>(&'a Model, std::cell::Cell<u32>);

impl Pause for Watched<'_> {
    async fn pause(&self, _time: std::time::Duration) {
        self.1.set(self.1.get().saturating_sub(1));
        if self.1.get() == 0 {
            self.0.silent_in(None);
        }
    }

    fn is_watched(&self) -> bool {
        true
    }
}

#[test]
fn an_upload_that_somebody_watches_waits_for_its_server_for_as_long_as_it_takes() {
    let (model, keeper, document) = (Model::new(5, false), Keeper::default(), document(5, &[20 << 20]));
    // Its configuration and the first chunk arrive.
    model.silent_in(Some(2));
    assert!(matches!(shared(&model, &document, ONCE, None), Err(Error::Unreachable)));
    model.silent_in(Some(2));
    let (base, watched) = (base(), Watched(&model, std::cell::Cell::new(500)));
    let context = Context {
        base: &base,
        transport: &model,
        pause: &watched,
        watch: &(),
    };
    let sharing = Sharing {
        entries: document.entries(),
        policy: ONCE,
        passphrase: None,
        invite: None,
        panic: None,
        names: &[],
    };
    let (mut source, mut spool) = (document.clone(), InMemory::default());
    let mut rng = Seeded::new(8);
    let sharing = share(&context, sharing, &mut source, &mut spool, &Late, &mut rng);
    let shared = pollster::block_on(sharing).unwrap();
    let mut sink = Opened::default();
    received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
    assert!(sink.files == document.files);
}

#[test]
fn a_line_that_never_carries_a_whole_chunk_carries_it_in_pieces() {
    let (model, keeper, document) = (Model::new(4, false), Keeper::default(), document(4, &[10 << 20]));
    model.body_max(300 * 1024);
    let shared = shared(&model, &document, ONCE, None).unwrap();
    let mut sink = Opened::default();
    received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
    assert!(sink.files == document.files);
}

#[test]
fn a_stream_is_spooled_sealed_and_then_uploaded() {
    let (model, keeper) = (Model::new(6, true), Keeper::default());
    let mut document = document(6, &[500_000]);
    document.open_ended = true;
    document.files[0].0 = None;
    let shared = shared(&model, &document, ONCE, None).unwrap();
    let mut sink = Opened::default();
    received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
    assert!(sink.files == document.files);
}

#[test]
fn the_second_reader_is_told_that_it_was_opened() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap();
    let again = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(
        again,
        Error::Burned {
            burned: Some(Burned::Reads),
            ..
        }
    ));
    assert_eq!(model.count("claim"), 1);
}

#[test]
fn a_reader_that_comes_while_another_reads_claims_nothing() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    let mut refusing = Opened {
        refuse_commit: true,
        ..Opened::default()
    };
    assert!(matches!(
        received(&model, &shared.link, None, &mut refusing, &keeper),
        Err(Error::Write)
    ));
    let other = received(&model, &shared.link, None, &mut Opened::default(), &Keeper::default()).unwrap_err();
    assert!(matches!(other, Error::BeingRead));
    assert_eq!(model.count("claim"), 1);
}

#[test]
fn what_is_not_in_place_is_not_confirmed_and_may_be_gone_on_with() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    let mut refusing = Opened {
        refuse_commit: true,
        ..Opened::default()
    };
    assert!(matches!(
        received(&model, &shared.link, None, &mut refusing, &keeper),
        Err(Error::Write)
    ));
    assert_eq!(model.count("confirm"), 0);
    // Somebody guesses meanwhile: a lease that runs needs no claim, so no wait.
    model.sole(|paste| paste.wait = 100);
    let again = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap();
    assert!(again.resumed && again.confirmed);
    assert_eq!(model.sole(|paste| paste.reads_used), 1);
}

#[test]
fn what_cannot_be_stored_is_refused_before_the_claim() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    let mut full = Opened {
        refuse_ready: true,
        ..Opened::default()
    };
    assert!(matches!(
        received(&model, &shared.link, None, &mut full, &keeper),
        Err(Error::TooLargeHere { .. })
    ));
    assert_eq!(model.count("claim"), 0);
    assert!(keeper.0.borrow().is_empty());
}

#[test]
fn a_wrong_passphrase_uses_up_nothing_and_leaves_no_lease() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let [right, wrong] = ["right", "wrong"].map(|text| Passphrase::new(text).unwrap());
    let shared = shared(&model, &document(0, &[10]), ONCE, Some(&right)).unwrap();
    let refused = received(&model, &shared.link, Some(&wrong), &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(refused, Error::WrongPassphrase { tries_left: Some(9) }));
    assert!(keeper.0.borrow().is_empty());
    let missing = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(missing, Error::Verdict(Verdict::PassphraseMissing)));
    let opened = received(&model, &shared.link, Some(&right), &mut Opened::default(), &keeper).unwrap();
    assert_eq!(opened.reads_left, Some(0));
}

#[test]
fn a_wait_is_told_before_anything_is_derived_or_claimed() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    model.sole(|paste| paste.wait = 64);
    let refused = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(refused, Error::Wait { retry_after: 64 }));
    assert_eq!(model.count("claim"), 0);
}

#[test]
fn a_lease_that_runs_is_gone_on_with_after_the_paste_expired() {
    let (model, keeper, document) = (Model::new(0, false), Keeper::default(), document(0, &[600_000]));
    let shared = shared(&model, &document, Policy { reads: 2, ..ONCE }, None).unwrap();
    let mut refusing = Opened {
        refuse_commit: true,
        ..Opened::default()
    };
    assert!(received(&model, &shared.link, None, &mut refusing, &keeper).is_err());
    model.sole(|paste| paste.burned = Some(Burned::Expiry));
    let mut sink = Opened::default();
    let again = received(&model, &shared.link, None, &mut sink, &keeper).unwrap();
    assert!(again.resumed && again.reads_left == Some(0) && sink.files == document.files);
    assert!(keeper.0.borrow().is_empty());
    assert_eq!(model.count("claim"), 1);
}

#[test]
fn a_lease_that_never_was_is_forgotten_when_the_paste_expired() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    model.silent_in(Some(1));
    assert!(received(&model, &shared.link, None, &mut Opened::default(), &keeper).is_err());
    model.silent_in(None);
    model.sole(|paste| paste.burned = Some(Burned::Expiry));
    let gone = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(
        gone,
        Error::Burned {
            burned: Some(Burned::Expiry),
            ..
        }
    ));
    assert!(keeper.0.borrow().is_empty());
    assert_eq!(model.count("claim"), 0);
}

#[test]
fn a_lease_that_ended_is_forgotten() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let policy = Policy { reads: 2, ..ONCE };
    let shared = shared(&model, &document(0, &[10]), policy, None).unwrap();
    let mut refusing = Opened {
        refuse_commit: true,
        ..Opened::default()
    };
    assert!(received(&model, &shared.link, None, &mut refusing, &keeper).is_err());
    model.sole(|paste| paste.leases.values_mut().for_each(|ended| *ended = true));
    let ended = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(ended, Error::LeaseEnded));
    assert!(keeper.0.borrow().is_empty());
    let anew = received(&model, &shared.link, None, &mut Opened::default(), &keeper).unwrap();
    assert_eq!((anew.resumed, anew.reads_left), (false, Some(0)));
}

#[test]
fn damage_is_noticed_and_never_confirmed() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let shared = shared(&model, &document(0, &[600_000]), ONCE, None).unwrap();
    model.sole(|paste| paste.bytes[400_000] ^= 1);
    let mut sink = Opened::default();
    let damaged = received(&model, &shared.link, None, &mut sink, &keeper).unwrap_err();
    assert!(matches!(damaged, Error::Verdict(Verdict::BadSegment(1))));
    assert!(!sink.committed);
    assert_eq!(model.count("confirm"), 0);
}

#[test]
fn the_receipt_tells_and_burns() {
    let model = Model::new(9, true);
    let shared = shared(&model, &document(0, &[10]), ONCE, None).unwrap();
    let context = Context {
        base: &base(),
        transport: &model,
        pause: &NoPause,
        watch: &(),
    };
    let state = pollster::block_on(receipt_status(&context, &shared.receipt)).unwrap();
    assert_eq!(
        (state.state, state.reads_left),
        (satchel_api::PasteState::Stored, Some(1))
    );
    pollster::block_on(burn(&context, &shared.receipt)).unwrap();
    pollster::block_on(burn(&context, &shared.receipt)).unwrap();
    let gone = received(&model, &shared.link, None, &mut Opened::default(), &Keeper::default()).unwrap_err();
    assert!(matches!(
        gone,
        Error::Burned {
            burned: Some(Burned::Demand),
            ..
        }
    ));
}

#[test]
fn a_passphrase_opens_what_it_sealed_and_another_does_not() {
    let [right, wrong] = ["right", "wrong"].map(|text| Passphrase::new(text).unwrap());
    let mut document = document(1, &[5000]);
    let manifest = Manifest::new(document.entries(), Asked::default()).unwrap();
    let locks = Locks::Passphrases {
        passphrases: &[&right],
        profile: Profile::Phone,
    };
    let (mut container, mut rng) = (InMemory::default(), Seeded::new(2));
    let sealing = seal(&manifest, &locks, &mut document, &mut container, &Late, &(), &mut rng);
    pollster::block_on(sealing).unwrap();
    let open = |passphrase| {
        let key = Key::Passphrase(passphrase);
        pollster::block_on(Reader::open(container.clone(), &key, Allowed::ALL, &())).map(drop)
    };
    assert!(open(&right).is_ok());
    assert!(matches!(open(&wrong), Err(Error::Verdict(Verdict::WrongKey))));
}

#[test]
fn the_length_of_what_is_shared_is_known_before_it_is_sealed() {
    for (lens, passphrase) in [
        (&[0_usize][..], None),
        (&[5000, 1], Some("correct horse")),
        (&[700_000], None),
    ] {
        let model = Model::new(3, false);
        let document = document(3, lens);
        let passphrase = passphrase.map(|text| Passphrase::new(text).unwrap());
        let asked = Asked {
            reads: Some(ONCE.reads),
            expires_in: Some(ONCE.expires_in),
        };
        let manifest = Manifest::new(document.entries(), asked).unwrap();
        let told = shared_len(&manifest, &mut Seeded::new(4)).unwrap();
        shared(&model, &document, ONCE, passphrase.as_ref()).unwrap();
        assert_eq!(told, Some(model.sole(|paste| paste.bytes.len() as u64)), "{lens:?}");
    }
}
