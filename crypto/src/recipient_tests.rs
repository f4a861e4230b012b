//! Notation, and that each identity opens its own slots and no others.

use super::*;
use alloc::string::ToString as _;
use alloc::vec;
use getrandom::SysRng;
use rand_core::UnwrapErr;

const ID: [u8; 16] = [9; 16];

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

///
#[test]
fn recipients_and_identities_are_read_as_they_are_written() {
    let identity = Identity::generate(&mut rng());
    let (secret, public) = (identity.encode(), identity.recipient().encode());
    assert_eq!((secret.len(), public.len()), (77, 1959));
    assert!(secret.starts_with("AGE-SECRET-KEY-PQ-1") && public.starts_with("age1pq1"));
    let again = Identity::parse(&secret).unwrap();
    assert!(again.recipient() == identity.recipient() && again.encode() == secret);
    assert!(Recipient::parse(&public).unwrap() == identity.recipient());
    for wrong in [
        secret.to_lowercase(),
        secret[..76].to_string(),
        public.clone(),
        secret.replacen("PQ-1", "PQ-1Q", 1),
        String::new(),
    ] {
        assert_eq!(Identity::parse(&wrong).err(), Some(Verdict::MalformedIdentity));
    }
    for wrong in [public.to_uppercase(), public[..1958].to_string(), secret.to_string()] {
        assert_eq!(Recipient::parse(&wrong).err(), Some(Verdict::MalformedRecipient));
    }
}

///
#[test]
fn the_number_of_recipients_is_filled_up_and_each_opens_its_own_slot() {
    let people: Vec<_> = (0..5).map(|_| Identity::generate(&mut rng())).collect();
    let public: Vec<_> = people.iter().map(Identity::recipient).collect();
    let file_key = FileKey::random(&mut rng());
    let slots = slots(&public, vec![], &ID, &file_key, &mut rng());
    assert_eq!(slots.len(), 8);
    for person in &people {
        let found: Vec<_> = slots.iter().filter_map(|slot| person.unwrap(slot, &ID)).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].expose(), file_key.expose());
    }
    let stranger = Identity::generate(&mut rng());
    assert!(slots.iter().all(|slot| stranger.unwrap(slot, &ID).is_none()));
    assert!(slots.iter().all(|slot| people[0].unwrap(slot, &[8; 16]).is_none()));
}

#[test]
fn a_shuffle_keeps_all_and_reaches_every_order() {
    let mut seen = alloc::collections::BTreeSet::new();
    for _ in 0..2000 {
        let mut items = [0, 1, 2, 3];
        shuffle(&mut items, &mut rng());
        seen.insert(items);
    }
    assert_eq!(seen.len(), 24);
}
