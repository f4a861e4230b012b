//! What is refused, and by whom: a source that is not what it says, a server that does not allow it, or asks for more than is done.

use satchel_api::Burned;
use satchel_crypto::limit::SEGMENT_PLAINTEXT_LEN;
use satchel_crypto::{Entry, Invite, Link, SealError};

use crate::flow_tests::{ONCE, base, document, received, shared, shared_by};
use crate::testing::Seeded;
use crate::testing::here::{Document, Keeper, Late, NoPause, Opened};
use crate::testing::server::Model;
use crate::{Context, Error, NoSpool, Policy, Sharing, share};

/// Why a source is not shared that is not what `entries` say.
fn not_shared(model: &Model, entries: Vec<Entry>, mut source: Document) -> Error {
    let context = Context {
        base: &base(),
        transport: model,
        pause: &NoPause,
        watch: &(),
    };
    let sharing = Sharing {
        entries,
        policy: ONCE,
        passphrase: None,
        invite: None,
        panic: None,
        names: &[],
    };
    let (mut spool, mut rng) = (NoSpool, Seeded::new(1));
    let sharing = share(&context, sharing, &mut source, &mut spool, &Late, &mut rng);
    pollster::block_on(sharing).err().unwrap()
}

#[test]
fn a_document_that_changed_while_it_was_read_is_not_left_on_the_server() {
    for (given, missing, lends) in [
        (11_000_000, true, false),
        (13_000_000, false, false),
        (11_000_000, true, true),
        (13_000_000, false, true),
    ] {
        let model = Model::new(0, false);
        let mut entries = document(0, &[12_000_000]).entries();
        entries[0].size = Some(12_000_000);
        let mut source = document(0, &[given]);
        source.lends = lends;
        let error = not_shared(&model, entries, source);
        match error {
            Error::Seal(SealError::ContentTooShort { missing: 1_000_000 }) => assert!(missing),
            Error::Seal(SealError::ContentTooLong) => assert!(!missing),
            other => panic!("{other}"),
        }
        assert_eq!(model.sole(|paste| paste.burned), Some(Burned::Demand));
    }
}

#[test]
fn a_source_that_lends_more_than_it_was_asked_for_is_not_sealed() {
    for (announced, too_much) in [(600_000, 1), (600_000, SEGMENT_PLAINTEXT_LEN), (2_000_000, 7)] {
        let model = Model::new(0, false);
        // The second file would have room for what the first lends too much.
        let mut entries = document(0, &[1, 3_000_000]).entries();
        entries[0].size = Some(announced);
        let mut source = document(0, &[3_000_000, 3_000_000]);
        (source.lends, source.lends_too_much) = (true, too_much);
        let error = not_shared(&model, entries, source);
        assert!(matches!(error, Error::Seal(SealError::ContentTooLong)), "{error}");
    }
}

#[test]
fn what_the_server_does_not_allow_is_not_sent() {
    let model = Model::new(0, false);
    let refused = |policy| shared(&model, &document(0, &[10]), policy, None).err().unwrap();
    assert!(matches!(
        refused(Policy { expires_in: 59, ..ONCE }),
        Error::ExpiryNotAllowed { min: 60, max: 604_800 }
    ));
    assert!(matches!(
        refused(Policy { reads: 1001, ..ONCE }),
        Error::ReadsNotAllowed { max: 1000 }
    ));
    model.state.borrow_mut().config.size_bytes_max = 8192;
    let large = shared(&model, &document(0, &[8000]), ONCE, None).err().unwrap();
    assert!(matches!(large, Error::TooLarge { limit: 8192 }));
    model.state.borrow_mut().config.invite_required = true;
    assert!(matches!(refused(ONCE), Error::InviteRequired));
    assert!(model.state.borrow().pastes.is_empty());
}

#[test]
fn an_invite_goes_to_a_server_that_asks_for_one_and_to_no_other() {
    let invite = Invite::parse("HAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBYQ").unwrap();
    let model = Model::new(3, true);
    let shared = |seed| shared_by(Some(&invite), &model, &document(seed, &[12_000_000]), ONCE, None);
    shared(0).unwrap();
    assert_eq!(model.count("invited"), 0);
    model.state.borrow_mut().pastes.clear();
    model.state.borrow_mut().config.invite_required = true;
    assert!(matches!(shared(1), Err(Error::InviteRefused { left: None })));
    assert!(model.state.borrow().pastes.is_empty());
    model.state.borrow_mut().invite = invite.token().bearer().to_string();
    shared(2).unwrap();
}

#[test]
fn work_is_done_where_it_is_asked_for_and_an_invite_spares_it() {
    for faulty in [false, true] {
        let model = Model::new(5, faulty);
        model.state.borrow_mut().work_bits = 10;
        let shared = shared(&model, &document(0, &[12_000_000]), ONCE, None).unwrap();
        let mut opened = Opened::default();
        received(&model, &shared.link, None, &mut opened, &Keeper::default()).unwrap();
    }
    let invite = Invite::parse("HAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBYQ").unwrap();
    let model = Model::new(3, false);
    model.state.borrow_mut().work_bits = 10;
    model.state.borrow_mut().invite = invite.token().bearer().to_string();
    shared_by(Some(&invite), &model, &document(0, &[10]), ONCE, None).unwrap();
    assert_eq!((model.count("create"), model.count("invited")), (2, 1));
    // One that does not hold is no reason to give up.
    model.state.borrow_mut().pastes.clear();
    model.state.borrow_mut().invite.clear();
    shared_by(Some(&invite), &model, &document(0, &[10]), ONCE, None).unwrap();
}

#[test]
fn more_work_than_anybody_should_do_is_not_begun() {
    let model = Model::new(3, false);
    model.state.borrow_mut().work_bits = 19;
    let refused = shared(&model, &document(0, &[10]), ONCE, None).err().unwrap();
    assert!(matches!(refused, Error::Refused(problem) if problem.code == satchel_api::Code::WorkRequired));
    assert!(model.state.borrow().pastes.is_empty());
}

#[test]
fn a_dead_server_and_a_foreign_one_are_told_apart() {
    let (model, keeper) = (Model::new(0, false), Keeper::default());
    let link = Link::generate(&mut Seeded::new(3), false);
    let nothing = received(&model, &link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(nothing, Error::NotFound));
    model.state.borrow_mut().always = Some(302);
    let foreign = received(&model, &link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(foreign, Error::BadAnswer { status: 302 }));
    model.silent_in(Some(0));
    let dead = received(&model, &link, None, &mut Opened::default(), &keeper).unwrap_err();
    assert!(matches!(dead, Error::Unreachable));
}
