//! Section 4.5, S-3: share slots that only a writer makes who does not follow the section.

use super::demands;
use super::share_bad::vector;
use crate::archive::pack;
use crate::container::Draft;
use crate::share::{Share, Split};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [wrapped(), order()].into_iter().flatten().collect()
}

/// Shares that give another secret than the slot's.
fn wrapped() -> Vec<Vector> {
    let wrapped_under = |name: &str, comment, slot_secret: fn(&mut Split) -> [u8; 32]| {
        let mut draft = Draft::new(name);
        let mut split = Split::new(&mut draft.dice, draft.container_id, 2);
        let secret = slot_secret(&mut split);
        let shares = [1, 2, 3].map(|number| split.share(number));
        draft.add_share_slot_of(&shares, &secret);
        draft.archive = pack(&[demands()]);
        vector(
            name,
            "wrong_key W-1 S-3",
            comment,
            [shares[0].clone(), shares[2].clone()],
            draft,
        )
    };
    vec![
        wrapped_under(
            "shares_of_another_secret",
            "they are committed to, and give another one than the slot's",
            |split| {
                let secret = split.secret;
                split.secret[0] ^= 1;
                secret
            },
        ),
        wrapped_under(
            "shares_of_more_than_they_say",
            "polynomials of degree 2 where 2 shares are said to be enough",
            |split| {
                split.coefficients.push([3; 32]);
                split.secret
            },
        ),
        {
            let name = "share_slot_wrapped_for_another_container";
            let mut draft = Draft::new(name);
            let split = Split::new(&mut draft.dice, draft.container_id, 2);
            let container_id = std::mem::replace(&mut draft.container_id, Draft::new("another container").container_id);
            draft.add_share_slot(&split, 3);
            draft.container_id = container_id;
            draft.archive = pack(&[demands()]);
            vector(
                name,
                "wrong_key W-1",
                "its id is in key and associated data",
                [1, 2].map(|number| split.share(number)),
                draft,
            )
        },
    ]
}

/// A slot, two of three, that commits to another number 2 and to a number 4 off the line, too.
fn kept(name: &str, verdict_and_must: &'static str, comment: &str, pick: fn(&Split, &Share) -> Vec<Share>) -> Vector {
    let mut draft = Draft::new(name);
    let split = Split::new(&mut draft.dice, draft.container_id, 2);
    let mut other = split.share(2);
    other.value = draft.dice.array();
    let [one, two, three] = [1, 2, 3].map(|number| split.share(number));
    draft.add_share_slot_of(&[one, two, three, other.clone(), off_the_line(&other)], &split.secret);
    draft.archive = pack(&[demands()]);
    vector(name, verdict_and_must, comment, pick(&split, &other), draft)
}

/// The same value under number 4.
fn off_the_line(other: &Share) -> Share {
    Share {
        number: 4,
        ..other.clone()
    }
}

/// Which shares are kept, and which of them give the secret.
fn order() -> Vec<Vector> {
    vec![
        kept(
            "first_of_equal_numbers_is_wrong",
            "wrong_key S-3",
            "both are committed to, and the first one is kept",
            |split, other| vec![other.clone(), split.share(1), split.share(2)],
        ),
        kept(
            "first_of_equal_numbers_is_right",
            "ok S-3",
            "both are committed to, and the first one is kept",
            |split, other| vec![split.share(2), other.clone(), split.share(1)],
        )
        .holding(&[demands()]),
        kept(
            "equal_numbers_of_other_values_are_too_few",
            "too_few_shares S-3",
            "both are committed to, and the first one is kept",
            |split, other| vec![split.share(2), other.clone()],
        ),
        kept(
            "share_off_the_line_comes_last",
            "ok S-3",
            "number 4 is committed to, and the first two give the secret",
            |split, other| vec![split.share(3), split.share(1), off_the_line(other)],
        )
        .holding(&[demands()]),
        kept(
            "share_off_the_line_comes_first",
            "wrong_key S-3",
            "number 4 is committed to, and the first two give another secret",
            |split, other| vec![off_the_line(other), split.share(3), split.share(1)],
        ),
    ]
}
