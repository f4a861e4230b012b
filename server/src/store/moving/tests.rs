use super::batch::{Batch, SEALED_LEN, Unit, Units};
use crate::store::item::Invite;

fn batch() -> Batch {
    let mut batch = Batch::new();
    let blocks = batch.blocks((9, 4), 2, |bytes| {
        bytes.fill(7);
        Ok::<_, ()>(())
    });
    assert!(blocks.is_ok());
    for bytes in [None, Some((80, 20))] {
        batch.invite(&Invite {
            number: 3,
            token: [5; 32],
            uses: (10, 4),
            bytes,
            expires_at: 99,
        });
    }
    batch.blocked(&[6; 32]);
    batch
}

#[test]
fn a_batch_comes_back_unit_by_unit() {
    let batch = batch();
    let units: Vec<Unit<'_>> = Units(batch.bytes()).map(Result::unwrap).collect();
    let [
        Unit::Blocks {
            item: 9,
            first: 4,
            sealed,
        },
        Unit::Invite(first),
        Unit::Invite(second),
        Unit::Blocked(id),
    ] = &units[..]
    else {
        panic!("other units");
    };
    assert!(sealed.len() == 2 * SEALED_LEN && sealed.iter().all(|byte| *byte == 7));
    assert_eq!((first.uses, first.bytes, second.bytes), ((10, 4), None, Some((80, 20))));
    assert_eq!(*id, [6; 32]);
}

#[test]
fn a_batch_that_is_cut_short_or_has_something_else_in_it_is_none() {
    let batch = batch();
    let whole = batch.bytes();
    let count = Units(whole).count();
    for len in (1..whole.len()).rev().take(200).chain([1, 8, 16, 20, 21, 1000]) {
        let units: Vec<_> = Units(&whole[..len]).collect();
        assert!(
            units.len() < count || units.last().is_some_and(Result::is_err),
            "cut at {len}"
        );
    }
    for wrong in [&[5_u8][..], &[0; 21], &[1, 0, 0, 0, 1, 0], &[2, 255, 255, 255, 255]] {
        assert!(Units(wrong).any(|unit| unit.is_err()), "{wrong:?}");
    }
}
