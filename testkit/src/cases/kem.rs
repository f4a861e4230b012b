//! Below section 4.4: known answers of X-Wing and of HPKE over it. Every value is in the header; there is no body.

use crate::bech32::identity;
use crate::dice::Dice;
use crate::hpke::seal;
use crate::vector::Vector;
use crate::xwing::{public_key, published};

pub(super) fn vectors() -> Vec<Vector> {
    let answers = ["draft_answer_1", "draft_answer_2", "draft_answer_3"];
    let published = answers.into_iter().zip(published()).map(xwing);
    published.chain(hpke()).collect()
}

fn xwing((name, answer): (&str, [&str; 5])) -> Vector {
    let [seed, randomness, shared, public, encapsulated] = answer;
    Vector::new(
        "xwing",
        name,
        "ok R-1 R-3",
        "draft-connolly-cfrg-xwing-kem, test vectors, as x-wing 0.1.1 has them",
    )
    .with("seed", seed)
    .with("pk", public)
    .with("eseed", randomness)
    .with("ct", encapsulated)
    .with("ss", shared)
}

fn hpke() -> [Vector; 2] {
    let sealed = |name: &str, comment, info: &[u8], aad: &[u8], plaintext: &[u8]| {
        let mut dice = Dice::new(&format!("hpke/{name}"));
        let (seed, randomness) = (dice.array(), dice.array());
        let (encapsulated, ciphertext) = seal(&public_key(&seed), &randomness, info, aad, plaintext);
        Vector::new("hpke", name, "ok R-3", comment)
            .with("identity", identity(&seed))
            .with("seed", hex::encode(seed))
            .with("eseed", hex::encode(randomness))
            .with("enc", hex::encode(encapsulated))
            .with("info", hex::encode(info))
            .with("aad", hex::encode(aad))
            .with("pt", hex::encode(plaintext))
            .with("ct", hex::encode(ciphertext))
    };
    let mut dice = Dice::new("hpke/as_in_a_slot");
    let (place, file_key) = ([dice.bytes(16), vec![0, 3]].concat(), dice.bytes(32));
    [
        sealed(
            "as_in_a_slot",
            "info, aad and plaintext as in a recipient slot",
            &[b"satchel/v1/slot", &place[..]].concat(),
            &place,
            &file_key,
        ),
        sealed(
            "without_info_and_aad",
            "both empty, and a text",
            &[],
            &[],
            b"Thirty hours, full pay.\n",
        ),
    ]
}
