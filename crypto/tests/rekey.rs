//! How a container opens can be changed without its payload, and an interruption at any byte leaves a header that is whole.
#![allow(clippy::unwrap_used, clippy::panic)]

mod read;

use getrandom::SysRng;
use rand_core::UnwrapErr;
use read::at_once;
use satchel_crypto::{
    Allowed, Asked, Container, Entry, Identity, Key, Link, Locks, Manifest, Passphrase, Profile, Recipient, RekeyError,
    Rekeyed, Rekeying, Sealer, Slot, Verdict,
};

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn seal(locks: &Locks<'_>) -> Vec<u8> {
    let entry = Entry {
        name: Some("demands.txt".to_owned()),
        media_type: "text/plain".to_owned(),
        size: Some(24),
        modified: None,
    };
    let manifest = Manifest::new(vec![entry], Asked::default()).unwrap();
    let mut sealer = Sealer::new(&manifest, locks, &mut rng()).unwrap();
    assert_eq!(sealer.push(b"Thirty hours, full pay.\n").unwrap(), 24);
    let mut container = sealer.prefix().into_vec();
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(&mut rng()) {
        container.extend_from_slice(segment.seal().as_slice());
    }
    container
}

fn people(count: usize) -> (Vec<Identity>, Vec<Recipient>) {
    let people: Vec<_> = (0..count).map(|_| Identity::generate(&mut rng())).collect();
    let public = people.iter().map(Identity::recipient).collect();
    (people, public)
}

fn opened_by(container: &[u8], key: &Key<'_>) -> Result<(), Verdict> {
    at_once(container, key, Allowed::ALL).map(drop)
}

fn rekeying(container: &[u8], key: &Key<'_>) -> Rekeying {
    let parsed = Container::parse(container, container.len() as u64).unwrap();
    parsed.rekey(key, Allowed::ALL).unwrap()
}

/// Does what a rekeying came to.
fn apply(mut container: Vec<u8>, rekeyed: Rekeyed) -> Vec<u8> {
    match rekeyed {
        Rekeyed::InPlace(rewrites) => {
            for rewrite in rewrites {
                let at = usize::try_from(rewrite.offset).unwrap();
                container[at..at + rewrite.bytes.len()].copy_from_slice(&rewrite.bytes);
            }
            container
        }
        Rekeyed::Moved { prefix, replaces } => [&prefix[..], &container[usize::try_from(replaces).unwrap()..]].concat(),
    }
}

/// [K-1] [H-7]
#[test]
fn cut_off_at_any_byte_the_old_or_the_new_header_is_whole() {
    let ((old, old_public), (new, new_public)) = (people(1), people(2));
    let container = seal(&Locks::Recipients(&old_public));
    let mut rekeying = rekeying(&container, &Key::Identities(&old));
    assert_eq!(rekeying.remove_opened_by(&Key::Identities(&old)), Ok(1));
    rekeying.add_recipients(&new_public, &mut rng());
    let Rekeyed::InPlace(rewrites) = rekeying.finish(&mut rng()).unwrap() else {
        panic!("a header of two recipients has room")
    };
    let mut file = container;
    for (number, rewrite) in rewrites.iter().enumerate() {
        let at = usize::try_from(rewrite.offset).unwrap();
        for (i, byte) in rewrite.bytes.iter().enumerate() {
            file[at + i] = *byte;
            // Opening is slow; what comes after the header's end changes nothing until the whole is written.
            if i % 16 != 0 && i > 8 {
                continue;
            }
            let by_old = opened_by(&file, &Key::Identities(&old));
            let by_new = opened_by(&file, &Key::Identities(&new));
            assert!(
                by_old.is_ok() || by_new.is_ok(),
                "write {number}, byte {i}: {by_old:?}, {by_new:?}"
            );
        }
    }
    assert_eq!(opened_by(&file, &Key::Identities(&old)), Err(Verdict::WrongKey));
    for person in new {
        assert_eq!(opened_by(&file, &Key::Identities(&[person])), Ok(()));
    }
    let settled = Container::parse(&file, file.len() as u64).unwrap();
    assert!(!settled.is_unsettled() && settled.slots().count() == 2);
}

/// [K-1]
#[test]
fn a_change_after_one_that_was_cut_off_settles_it() {
    let ((old, old_public), (_, new_public)) = (people(1), people(1));
    let mut file = seal(&Locks::Recipients(&old_public));
    let mut first = rekeying(&file, &Key::Identities(&old));
    first.add_recipients(&new_public, &mut rng());
    let Rekeyed::InPlace([changing, new, ..]) = first.finish(&mut rng()).unwrap() else {
        panic!("there is room")
    };
    file[usize::try_from(changing.offset).unwrap()] = changing.bytes[0];
    let at = usize::try_from(new.offset).unwrap();
    file[at..at + 1000].copy_from_slice(&new.bytes[..1000]);
    assert!(Container::parse(&file, file.len() as u64).unwrap().is_unsettled());
    let again = rekeying(&file, &Key::Identities(&old)).finish(&mut rng()).unwrap();
    let file = apply(file, again);
    assert!(!Container::parse(&file, file.len() as u64).unwrap().is_unsettled());
    assert_eq!(opened_by(&file, &Key::Identities(&old)), Ok(()));
}

/// [K-3] [H-8]
#[test]
fn a_header_that_outgrows_its_room_moves_with_its_payload_as_it_is() {
    let ((people, public), (_, many)) = (people(1), people(20));
    let container = seal(&Locks::Recipients(&public));
    let mut rekeying = rekeying(&container, &Key::Identities(&people));
    rekeying.add_recipients(&many, &mut rng());
    let moved = rekeying.finish(&mut rng()).unwrap();
    assert!(matches!(moved, Rekeyed::Moved { .. }));
    let moved = apply(container.clone(), moved);
    assert_eq!(moved[moved.len() - 4128..], container[container.len() - 4128..]);
    assert_eq!(opened_by(&moved, &Key::Identities(&people)), Ok(()));
}

/// [K-2]
#[test]
fn passphrases_are_added_and_removed_and_all_else_stays() {
    let [one, two] = ["correct horse", "battery staple"].map(|text| Passphrase::new(text).unwrap());
    let (by_one, by_two) = (Key::Passphrase(&one), Key::Passphrase(&two));
    let container = seal(&Locks::Passphrases {
        passphrases: &[&one],
        profile: Profile::Phone,
    });
    let mut adding = rekeying(&container, &by_one);
    assert_eq!(adding.profile(), Some(Profile::Phone));
    adding.add_passphrase(&two, Profile::Phone, &mut rng()).unwrap();
    let shares = adding.add_shares(2, 3, &mut rng()).unwrap();
    let both = apply(container, adding.finish(&mut rng()).unwrap());
    assert_eq!((opened_by(&both, &by_one), opened_by(&both, &by_two)), (Ok(()), Ok(())));
    assert_eq!(opened_by(&both, &Key::Shares(&shares[1..])), Ok(()));

    let mut removing = rekeying(&both, &Key::Shares(&shares));
    assert_eq!(removing.remove_passphrase(&one).unwrap(), 1);
    let second = apply(both, removing.finish(&mut rng()).unwrap());
    assert_eq!(opened_by(&second, &by_one), Err(Verdict::WrongKey));
    assert_eq!(opened_by(&second, &by_two), Ok(()));

    let mut shares_alone = rekeying(&second, &by_two);
    assert_eq!(shares_alone.remove_kind(1), 1);
    assert_eq!(shares_alone.remove_opened_by(&by_two), Ok(0));
    let shares_alone = apply(second, shares_alone.finish(&mut rng()).unwrap());
    assert_eq!(opened_by(&shares_alone, &by_two), Err(Verdict::NoMatchingSlot));
    assert_eq!(opened_by(&shares_alone, &Key::Shares(&shares[..2])), Ok(()));
}

/// [K-2] [H-5]
#[test]
fn slots_that_no_reader_would_take_are_not_written() {
    let (people, public) = people(1);
    let container = seal(&Locks::Recipients(&public));
    let passphrase = Passphrase::new("correct horse").unwrap();
    let key = Key::Identities(&people);
    let mut mixed = rekeying(&container, &key);
    mixed.add_passphrase(&passphrase, Profile::Phone, &mut rng()).unwrap();
    assert_eq!(mixed.finish(&mut rng()).err(), Some(RekeyError::MixedTypes));
    let mut fifth = rekeying(&container, &key);
    for _ in 0..5 {
        fifth.add_shares(2, 2, &mut rng()).unwrap();
    }
    let too_many = RekeyError::TooManySlots { count: 5, most: 4 };
    assert_eq!(fifth.finish(&mut rng()).err(), Some(too_many));
    let mut crowd = rekeying(&container, &key);
    crowd.add_recipients(&vec![public[0].clone(); 64], &mut rng());
    let too_many = RekeyError::TooManySlots { count: 65, most: 64 };
    assert_eq!(crowd.finish(&mut rng()).err(), Some(too_many));
    let mut none = rekeying(&container, &key);
    assert_eq!(none.remove_opened_by(&key), Ok(1));
    assert_eq!(none.finish(&mut rng()).err(), Some(RekeyError::NothingOpens));
}

/// [H-8]
#[test]
fn the_room_says_nothing_about_the_writer() {
    let room = |container: &[u8]| u32::from_be_bytes(container[41..45].try_into().unwrap());
    let link = Link::generate(&mut rng(), false).unlock(None).unwrap();
    assert_eq!(room(&seal(&Locks::Link(&link))), 36 + 56);
    for (count, expected) in [(1, 16_384), (2, 16_384), (4, 16_384), (5, 32_768), (64, 131_108)] {
        let (people, public) = people(count);
        let container = seal(&Locks::Recipients(&public));
        assert_eq!(room(&container), expected, "{count}");
        let parsed = Container::parse(&container, container.len() as u64).unwrap();
        assert_eq!(parsed.slots().count(), count.next_power_of_two());
        assert!(parsed.slots().all(|slot| matches!(slot, Slot::Recipient { .. })));
        assert_eq!(opened_by(&container, &Key::Identities(&people[count - 1..])), Ok(()));
    }
}

/// [K-4] [H-5]
#[test]
fn whoever_is_removed_leaves_a_power_of_two_and_opens_nothing_any_more() {
    for count in [2, 3, 4, 5, 9] {
        let (mut people, public) = people(count);
        let mut container = seal(&Locks::Recipients(&public));
        while people.len() > 1 {
            let gone = [people.pop().unwrap()];
            let key = Key::Identities(&gone);
            let mut removing = rekeying(&container, &key);
            assert_eq!(removing.remove_opened_by(&key), Ok(1));
            container = apply(container, removing.finish(&mut rng()).unwrap());
            assert_eq!(opened_by(&container, &key), Err(Verdict::WrongKey));
            for one in &people {
                assert_eq!(
                    opened_by(&container, &Key::Identities(core::slice::from_ref(one))),
                    Ok(())
                );
            }
        }
    }
}

/// [K-4]
#[test]
fn what_was_added_twice_is_removed_whole() {
    let ((people, mut public), (other, _)) = (people(1), people(1));
    public.push(other[0].recipient());
    let container = seal(&Locks::Recipients(&public));
    let key = Key::Identities(&people);
    let mut again = rekeying(&container, &key);
    again.add_recipients(&public[..1], &mut rng());
    let twice = apply(container, again.finish(&mut rng()).unwrap());
    let mut removing = rekeying(&twice, &key);
    assert_eq!(removing.remove_opened_by(&key), Ok(2));
    let once = apply(twice, removing.finish(&mut rng()).unwrap());
    assert_eq!(opened_by(&once, &key), Err(Verdict::WrongKey));
    assert_eq!(opened_by(&once, &Key::Identities(&other)), Ok(()));

    let passphrase = Passphrase::new("correct horse").unwrap();
    let key = Key::Passphrase(&passphrase);
    let container = seal(&Locks::Passphrases {
        passphrases: &[&passphrase, &passphrase],
        profile: Profile::Phone,
    });
    let mut removing = rekeying(&container, &key);
    assert!(removing.has_passphrase(&passphrase).unwrap());
    let shares = removing.add_shares(2, 2, &mut rng()).unwrap();
    assert_eq!(removing.remove_opened_by(&key), Ok(2));
    assert!(!removing.has_passphrase(&passphrase).unwrap());
    let container = apply(container, removing.finish(&mut rng()).unwrap());
    assert_eq!(opened_by(&container, &key), Err(Verdict::NoMatchingSlot));
    assert_eq!(opened_by(&container, &Key::Shares(&shares)), Ok(()));
}

/// [K-1]
#[test]
fn one_change_after_another_is_written_to_the_other_place_each_time() {
    let ((people, public), (_, many)) = (people(1), people(8));
    let key = Key::Identities(&people);
    let mut container = seal(&Locks::Recipients(&public));
    let mut rekeying = rekeying(&container, &key);
    for round in 0..4 {
        if round == 2 {
            rekeying.add_recipients(&many, &mut rng());
        }
        let shares = rekeying.add_shares(2, 3, &mut rng()).unwrap();
        let rekeyed = rekeying.finish(&mut rng()).unwrap();
        assert_eq!(matches!(rekeyed, Rekeyed::Moved { .. }), round == 2);
        container = apply(container, rekeyed);
        assert_eq!(opened_by(&container, &Key::Shares(&shares)), Ok(()));
        assert_eq!(opened_by(&container, &key), Ok(()));
    }
    rekeying.add_shares(2, 3, &mut rng()).unwrap();
    let too_many = RekeyError::TooManySlots { count: 5, most: 4 };
    assert_eq!(rekeying.check(), Err(too_many));
    assert_eq!(rekeying.remove_kind(Slot::SHARE), 5);
    assert_eq!(rekeying.check(), Ok(()));
    container = apply(container, rekeying.finish(&mut rng()).unwrap());
    let shares = |slot: &Slot| slot.kind() == Slot::SHARE;
    let left = Container::parse(&container, container.len() as u64).unwrap();
    assert_eq!(left.slots().filter(|slot| shares(slot)).count(), 0);
}
