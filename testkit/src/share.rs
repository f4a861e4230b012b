//! Shares of docs/format.md section 4.5: Shamir's sharing over GF(2^8), byte by byte, and how a share is written.

use bip39::Language;

use crate::dice::Dice;
use crate::keys::{sha256, x};
use crate::link::base64url;

/// The polynomials of one share slot, each part open to be set wrong.
#[derive(Clone)]
pub struct Split {
    /// Of the container that the shares open.
    pub container_id: [u8; 16],
    /// k: how many shares it takes.
    pub threshold: u8,
    /// The slot secret: each byte the constant term of one polynomial.
    pub secret: [u8; 32],
    /// The other coefficients, from x to x^(k - 1).
    pub coefficients: Vec<[u8; 32]>,
}

impl Split {
    /// A secret and k - 1 coefficients for each of its bytes, from `dice`.
    #[must_use]
    pub fn new(dice: &mut Dice, container_id: [u8; 16], threshold: u8) -> Self {
        Self {
            container_id,
            threshold,
            secret: dice.array(),
            coefficients: (1..threshold).map(|_| dice.array()).collect(),
        }
    }

    /// Each polynomial's value at `number`, by Horner's rule.
    #[must_use]
    pub fn share(&self, number: u8) -> Share {
        let value_at = |byte: usize| {
            let higher = self.coefficients.iter().rev().map(|coefficient| coefficient[byte]);
            let sum = higher.fold(0, |sum, coefficient| times(sum, number) ^ coefficient);
            times(sum, number) ^ self.secret[byte]
        };
        Share {
            kind: 0x19,
            container_id: self.container_id,
            number,
            threshold: self.threshold,
            value: std::array::from_fn(value_at),
        }
    }
}

/// One share, each part open to be set wrong.
#[derive(Clone)]
pub struct Share {
    /// 0x19
    pub kind: u8,
    /// Of the container that it opens.
    pub container_id: [u8; 16],
    /// x, from 1.
    pub number: u8,
    /// k
    pub threshold: u8,
    /// The polynomials' values at x.
    pub value: [u8; 32],
}

impl Share {
    /// X(value, "share" || container id || number || threshold, 16)
    #[must_use]
    pub fn commitment(&self) -> [u8; 16] {
        x(
            &self.value,
            &[b"share", &self.container_id[..], &[self.number, self.threshold]].concat(),
        )
    }

    /// 0x19 || container id || number || threshold || value: what the checksum is of
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let about = [self.number, self.threshold];
        [&[self.kind][..], &self.container_id, &about, &self.value].concat()
    }

    /// body || first 4 bytes of SHA-256("satchel/v1/checksum" || body)
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let body = self.body();
        let checksum = sha256(&[b"satchel/v1/checksum", &body[..]].concat());
        [&body[..], &checksum[..4]].concat()
    }

    /// base64url of the 55 bytes, 74 characters
    #[must_use]
    pub fn code(&self) -> String {
        base64url(&self.bytes())
    }

    /// 40 words
    #[must_use]
    pub fn words(&self) -> String {
        words(&self.bytes())
    }
}

/// The bits of `bytes`, first bit first, in groups of 11, each a word of the English list of BIP 39; joined by spaces.
#[must_use]
pub fn words(bytes: &[u8]) -> String {
    let bit = |at: usize| usize::from(bytes[at / 8] >> (7 - at % 8) & 1);
    let groups = (0..bytes.len() * 8 / 11).map(|group| (0..11).fold(0, |value, at| value << 1 | bit(group * 11 + at)));
    let words: Vec<_> = groups.map(|group| Language::English.word_list()[group]).collect();
    words.join(" ")
}

/// Multiplication in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1
fn times(a: u8, b: u8) -> u8 {
    // a * x^i for i = 0 to 7: shifted, and reduced where x^8 came up
    let powers = std::iter::successors(Some(a), |power| Some((power << 1) ^ ((power >> 7) * 0x1B)));
    let taken = powers.take(8).enumerate().filter(|(i, _)| b >> i & 1 == 1);
    taken.fold(0, |product, (_, power)| product ^ power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_fips_197() {
        // FIPS 197 section 4.2
        assert_eq!(times(0x57, 0x83), 0xC1);
        assert_eq!(times(0x57, 0x13), 0xFE);
        assert!((0..=255).all(|a| times(a, 1) == a && times(1, a) == a && times(a, 0) == 0));
    }

    #[test]
    fn any_three_of_five_shares_give_the_secret() {
        let split = Split::new(&mut Dice::new("three of five"), [7; 16], 3);
        for numbers in [[1, 2, 3], [5, 3, 1], [2, 4, 5]] {
            assert_eq!(combined(&split, &numbers), split.secret, "{numbers:?}");
        }
        assert_ne!(combined(&split, &[1, 2]), split.secret);
    }

    #[test]
    fn words_are_those_of_bip_39() {
        // BIP 39: 11 zeros are "abandon", 11 ones "zoo"; 80 00 00 are 10000000000 and 00000000000
        assert_eq!(words(&[0; 11]), ["abandon"; 8].join(" "));
        assert_eq!(words(&[0xFF; 11]), ["zoo"; 8].join(" "));
        assert_eq!(words(&[0x80, 0, 0]), "length abandon");
    }

    /// Lagrange's interpolation at 0: the sum of value times the product of x_j / (x_j - x_i).
    fn combined(split: &Split, numbers: &[u8]) -> [u8; 32] {
        let inverse = |a: u8| (0..254).fold(1, |product, _| times(product, a));
        let weight = |i: u8| {
            let others = numbers.iter().filter(|j| **j != i);
            others.fold(1, |product, j| times(product, times(*j, inverse(j ^ i))))
        };
        numbers.iter().fold([0; 32], |sum, i| {
            let value = split.share(*i).value;
            std::array::from_fn(|byte| sum[byte] ^ times(weight(*i), value[byte]))
        })
    }
}
