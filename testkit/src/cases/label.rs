//! Section 8.2: the name of a link, sealed by the owner. The body is the label.

use crate::dice::Dice;
use crate::keys::{aes_gcm_seal, x};
use crate::link::Owner;
use crate::vector::Vector;

/// A label as it should be, but for what `change` makes of the 128 bytes in it.
fn sealed(name: &str, called: &str, change: impl FnOnce(&mut Vec<u8>)) -> (Owner, Vec<u8>) {
    let mut dice = Dice::new(&format!("{name}/label"));
    let owner = Owner {
        id: dice.array(),
        secret: dice.array(),
    };
    let nonce: [u8; 12] = dice.array();
    let mut plain = vec![u8::try_from(called.len()).expect("a short name")];
    plain.extend_from_slice(called.as_bytes());
    plain.resize(128, 0);
    change(&mut plain);
    let sealed = aes_gcm_seal(&x(&owner.secret, b"label"), &nonce, &plain, &owner.id);
    (owner, [&nonce[..], &sealed].concat())
}

fn good(name: &str, called: &str, comment: &str) -> Vector {
    let (owner, label) = sealed(name, called, |_| ());
    Vector::new("label", name, "ok L-7", comment)
        .with("owner", owner.encode())
        .with("name", called)
        .body(label)
}

fn bad(name: &str, comment: &str, inside: impl FnOnce(&mut Vec<u8>), after: impl FnOnce(&mut Vec<u8>)) -> Vector {
    let (owner, mut label) = sealed(name, "Maria", inside);
    after(&mut label);
    Vector::new("label", name, "wrong_key L-8", comment)
        .with("owner", owner.encode())
        .body(label)
}

pub(super) fn vectors() -> Vec<Vector> {
    let of_another = |label: &mut Vec<u8>| *label = sealed("of_another_owner/other", "Maria", |_| ()).1;
    vec![
        good("a_name", "Maria", "156 bytes"),
        good("a_name_in_another_script", "Мария, ночная смена", "UTF-8"),
        good("no_name", "", "as long as any other"),
        good("the_longest_name", &"n".repeat(127), "127 bytes"),
        bad("cut_by_a_byte", "155 bytes", |_| (), |label| label.truncate(155)),
        bad("longer_by_a_byte", "157 bytes", |_| (), |label| label.push(0)),
        bad("nothing", "no byte", |_| (), Vec::clear),
        bad("a_bit_is_another", "in the name", |_| (), |label| label[14] ^= 1),
        bad("of_another_owner", "sealed by somebody else", |_| (), of_another),
        bad(
            "padded_by_a_byte_too_few",
            "127 bytes inside",
            |plain| plain.truncate(127),
            |_| (),
        ),
        bad("length_above_127", "128", |plain| plain[0] = 128, |_| ()),
        bad(
            "not_utf_8",
            "C0 80",
            |plain| plain[1..3].copy_from_slice(&[0xC0, 0x80]),
            |_| (),
        ),
        bad("a_byte_behind_the_name", "not zero", |plain| plain[127] = 1, |_| ()),
    ]
}
