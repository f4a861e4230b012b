//! Any k of n open; fewer do not; a wrong one is named.

use super::*;
use alloc::vec;
use getrandom::SysRng;
use proptest::prelude::*;
use rand_core::UnwrapErr;

const ID: [u8; 16] = [9; 16];

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn clone(share: &Share) -> Share {
    Share::from_bytes(&share.to_bytes()).unwrap()
}

fn opens(header: &Header, shares: &[&Share]) -> Result<FileKey, Verdict> {
    let shares: Vec<_> = shares.iter().map(|share| clone(share)).collect();
    find_file_key(header, &ID, &shares)
}

/// [S-3]
#[test]
fn any_three_of_five_open_and_two_do_not() {
    let file_key = FileKey::random(&mut rng());
    let (slot, shares) = split(3, 5, &ID, &file_key, &mut rng()).unwrap();
    let header = Header::new(vec![slot]).unwrap();
    for a in &shares {
        for b in &shares {
            for c in &shares {
                let different = a.number != b.number && b.number != c.number && a.number != c.number;
                match opens(&header, &[a, b, c]) {
                    Ok(key) => assert!(different && key.expose() == file_key.expose()),
                    Err(Verdict::TooFewShares { needed: 3, .. }) => assert!(!different),
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
    assert_eq!(
        opens(&header, &[]).err(),
        Some(Verdict::TooFewShares { given: 0, needed: 0 })
    );
}

/// [S-3]
#[test]
fn a_share_that_does_not_belong_is_named() {
    let file_key = FileKey::random(&mut rng());
    let (slot, shares) = split(2, 3, &ID, &file_key, &mut rng()).unwrap();
    let (other_slot, others) = split(2, 3, &ID, &file_key, &mut rng()).unwrap();
    let (_, strangers) = split(2, 3, &[8; 16], &file_key, &mut rng()).unwrap();
    let header = Header::new(vec![slot.clone(), other_slot]).unwrap();
    assert!(opens(&header, &[&others[0], &others[2]]).is_ok());
    assert_eq!(
        opens(&header, &[&shares[0], &others[1]]).err(),
        Some(Verdict::MixedShares)
    );
    let foreign = opens(&header, &[&shares[0], &strangers[1]]).err();
    assert_eq!(foreign, Some(Verdict::ShareOfAnotherContainer(2)));
    let alone = Header::new(vec![slot]).unwrap();
    assert_eq!(
        opens(&alone, &[&shares[0], &others[1]]).err(),
        Some(Verdict::WrongShare(2))
    );
}

/// [S-1]
#[test]
fn neither_their_number_nor_the_threshold_shows_in_the_slot() {
    let file_key = FileKey::random(&mut rng());
    let len = |k, n| split(k, n, &ID, &file_key, &mut rng()).unwrap().0.fields().len();
    assert_eq!(len(2, 2), len(32, 32));
    assert_eq!(len(2, 2), 1 + 3 + 512 + 2 + 48);
}

/// [S-2]
#[test]
fn shares_outside_the_limits_are_not_made() {
    let file_key = FileKey::random(&mut rng());
    for (threshold, count) in [(1, 3), (0, 0), (4, 3), (2, 33), (33, 33), (2, 1)] {
        let refused = split(threshold, count, &ID, &file_key, &mut rng()).err();
        assert_eq!(refused, Some(RekeyError::ShareCount { threshold, count }));
    }
}

/// What two of three know is compatible with every secret: each value of a byte comes as often as any other.
#[test]
fn coefficients_are_uniform_with_zero_among_them() {
    let mut seen = [0_u32; 256];
    for _ in 0..400 {
        let points = Gf256::split_bytes(2, 2, [7; 32], rng()).unwrap();
        for byte in &points[0][1..] {
            // At x = 1 the share is the secret plus the coefficient.
            seen[usize::from(byte ^ 7)] += 1;
        }
    }
    assert!(seen.iter().all(|count| (10..=110).contains(count)), "{seen:?}");
}

proptest! {
    /// [S-2]
    #[test]
    fn what_parses_as_a_share_encodes_to_the_same(flip in 0..440_usize) {
        let (_, shares) = split(2, 2, &ID, &FileKey::random(&mut rng()), &mut rng()).unwrap();
        let mut bytes = *shares[1].to_bytes();
        prop_assert!(Share::from_bytes(&bytes).unwrap().to_bytes().as_slice() == bytes);
        prop_assert!(Share::parse(&shares[1].encode()).unwrap().encode() == shares[1].encode());
        bytes[flip / 8] ^= 0x80_u8 >> (flip % 8);
        prop_assert_eq!(Share::from_bytes(&bytes).err(), Some(Verdict::MalformedShare));
    }
}
