//! Which slots stand together, and what wraps and unwraps.

use super::*;
use crate::file_key::FileKey;
use crate::slot::wrap;
use crate::{Profile, limit};
use alloc::boxed::Box;
use alloc::vec;
use proptest::prelude::*;

const ID: [u8; 16] = [9; 16];

fn link() -> Slot {
    Slot::Link { wrapped_key: [1; 48] }
}

fn passphrase(profile: Profile) -> Slot {
    Slot::Passphrase {
        profile,
        salt: [2; 16],
        wrapped_key: [3; 48],
    }
}

fn recipient() -> Slot {
    Slot::Recipient {
        encapsulated: Box::new([4; 1120]),
        wrapped_key: [5; 48],
    }
}

fn share() -> Slot {
    let mut commitments = Box::new([[0; 16]; limit::SHARES_MAX]);
    for (number, commitment) in (0..).zip(commitments.iter_mut()) {
        commitment[15] = number;
    }
    Slot::Share {
        commitments,
        wrapped_key: [6; 48],
    }
}

fn unknown(kind: u16) -> Slot {
    Slot::Unknown {
        kind,
        fields: vec![0xff, 0],
    }
}

/// [H-3]
#[test]
fn a_header_has_1_to_64_slots() {
    assert_eq!(Header::new(vec![]), Err(Verdict::BadSlotCount));
    assert!(Header::new(vec![link(); 64]).is_ok());
    assert_eq!(Header::new(vec![link(); 65]), Err(Verdict::BadSlotCount));
}

/// [H-5]
#[test]
fn kinds_and_profiles_do_not_mix_but_shares_stand_beside_any() {
    use Profile::{Desk, Phone};
    assert!(Header::new(vec![passphrase(Phone); 4]).is_ok());
    assert!(Header::new(vec![link(), unknown(5), link(), share()]).is_ok());
    assert!(Header::new(vec![unknown(6), passphrase(Desk), share(), share(), share(), share()]).is_ok());
    assert!(Header::new(vec![recipient(), share(), recipient()]).is_ok());
    assert!(Header::new(vec![share()]).is_ok());
    for bad in [
        vec![passphrase(Phone); 5],
        vec![passphrase(Phone), passphrase(Desk)],
        vec![link(), passphrase(Phone)],
        vec![link(), recipient()],
        vec![recipient(), passphrase(Phone)],
        vec![recipient(); 3],
        vec![share(); 5],
    ] {
        assert_eq!(Header::new(bad), Err(Verdict::BadSlotMix));
    }
}

/// [W-1]
#[test]
fn a_slot_unwraps_with_its_secret_id_and_type_alone() {
    let file_key = FileKey::fill(|key| key.fill(7));
    let slot = Slot::Link {
        wrapped_key: wrap(&[5; 64], &ID, Slot::LINK, &file_key),
    };
    assert_eq!(slot.unwrap(&[5; 64], &ID).unwrap().expose(), file_key.expose());
    assert!(slot.unwrap(&[6; 64], &ID).is_none());
    assert!(slot.unwrap(&[5; 64], &[8; 16]).is_none());
    let Slot::Link { wrapped_key } = slot else {
        unreachable!()
    };
    let moved = Slot::Passphrase {
        profile: Profile::Phone,
        salt: [0; 16],
        wrapped_key,
    };
    assert!(moved.unwrap(&[5; 64], &ID).is_none());
}

/// [H-1]
#[test]
fn a_header_s_length_is_checked_first() {
    assert_eq!(check_len(0), Err(Verdict::HeaderTooLarge(0)));
    assert_eq!(check_len(131_072), Ok(()));
    assert_eq!(check_len(131_073), Err(Verdict::HeaderTooLarge(131_073)));
}

fn any_slot() -> impl Strategy<Value = Slot> {
    prop_oneof![
        any::<[u8; 24]>().prop_map(|half| Slot::Link {
            wrapped_key: [half, half].concat().try_into().unwrap()
        }),
        Just(share()),
        (5_u16.., proptest::collection::vec(any::<u8>(), 0..2048))
            .prop_map(|(kind, fields)| Slot::Unknown { kind, fields }),
    ]
}

proptest! {
    /// [H-2] [H-4]
    #[test]
    fn a_header_encodes_and_parses_to_itself(slots in proptest::collection::vec(any_slot(), 1..64)) {
        if let Ok(header) = Header::new(slots) {
            prop_assert_eq!(Header::parse(&header.encode()), Ok(header));
        }
    }

    /// [H-2]
    #[test]
    fn what_parses_encodes_to_the_same_bytes(flip in any::<proptest::sample::Index>(), bit in 0..8) {
        let mut bytes = Header::new(vec![passphrase(Profile::Desk), share(), unknown(500)]).unwrap().encode();
        let at = flip.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(header) = Header::parse(&bytes) {
            prop_assert_eq!(header.encode(), bytes);
        }
    }
}
