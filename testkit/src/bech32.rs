//! Bech32 (BIP 173) without its limit on length, as c2sp.org/age writes recipients and identities: docs/format.md section 4.4.

use crate::xwing::public_key;

/// The checksum's constant in Bech32.
pub const BECH32: u32 = 1;
/// The checksum's constant in Bech32m (BIP 350), which age does not use.
pub const BECH32M: u32 = 0x2BC8_30A3;
/// What stands before the 1 in a recipient.
pub const RECIPIENT: &str = "age1pq";
/// What stands before the 1 in an identity, in lower case as the checksum takes it.
pub const IDENTITY: &str = "age-secret-key-pq-";

const CHARACTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// `age1pq1...`, 1,959 characters for a public key of 1,216 bytes
#[must_use]
pub fn recipient(public_key: &[u8]) -> String {
    encode(RECIPIENT, &groups(public_key), BECH32)
}

/// `age1pq1...` of the key pair that `seed` gives
#[must_use]
pub fn recipient_of(seed: &[u8; 32]) -> String {
    recipient(&public_key(seed))
}

/// `AGE-SECRET-KEY-PQ-1...`, 77 characters
#[must_use]
pub fn identity(seed: &[u8; 32]) -> String {
    encode(IDENTITY, &groups(seed), BECH32).to_uppercase()
}

/// The bits of `bytes`, first bit first, in groups of 5, the last one filled up with zeros.
#[must_use]
pub fn groups(bytes: &[u8]) -> Vec<u8> {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    (0..(bytes.len() * 8).div_ceil(5))
        .map(|group| (0..5).fold(0, |value, at| value << 1 | bit(group * 5 + at)))
        .collect()
}

/// prefix || 1 || groups || 6 groups of checksum, in lower case
#[must_use]
pub fn encode(prefix: &str, groups: &[u8], constant: u32) -> String {
    let prefix_values = prefix
        .bytes()
        .map(|c| c >> 5)
        .chain([0])
        .chain(prefix.bytes().map(|c| c & 31));
    let checked = prefix_values.chain(groups.iter().copied()).chain([0; 6]);
    let sum = checked.fold(1, step) ^ constant;
    let checksum = (0..6).map(|at| (sum >> (25 - 5 * at) & 31).to_be_bytes()[3]);
    let characters = groups.iter().copied().chain(checksum);
    let written = characters.map(|value| char::from(CHARACTERS[usize::from(value)]));
    [prefix, "1"].concat() + &written.collect::<String>()
}

/// One step of BIP 173's polymod.
fn step(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3];
    let shifted = (sum & 0x01FF_FFFF) << 5 ^ u32::from(value);
    let taps = (0..5).filter(|bit| sum >> (25 + bit) & 1 == 1);
    taps.fold(shifted, |sum, bit| sum ^ GENERATOR[bit])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn checksums_are_those_of_the_two_bips() {
        // BIP 173 and BIP 350, valid strings
        assert_eq!(encode("a", &[], BECH32), "a12uel5l");
        assert_eq!(encode("?", &[], BECH32), "?1ezyfcl");
        let all: Vec<u8> = (0..32).collect();
        assert_eq!(
            encode("abcdef", &all, BECH32),
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"
        );
        assert_eq!(encode("a", &[], BECH32M), "a1lqfn3a");
    }

    #[test]
    fn groups_are_filled_up_with_zeros() {
        assert_eq!(groups(&[0xFF, 0x01]), [31, 28, 0, 16]);
        assert_eq!(groups(&[]), []);
    }

    #[test]
    fn the_example_pair_of_age_is_written_alike() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/age/pq-key-pair.txt");
        let Ok(text) = fs::read_to_string(&path) else {
            println!("skipped: age's example pair is not beside this checkout");
            return;
        };
        let (of_age, recipient_of_age) = text.trim_end().split_once('\n').unwrap();
        let seed = seed_of(of_age);
        assert_eq!(identity(&seed), of_age);
        assert_eq!(recipient_of(&seed), recipient_of_age);
    }

    /// The seed of an identity, whose checksum nobody looks at here.
    fn seed_of(identity: &str) -> [u8; 32] {
        let data = &identity.to_lowercase()[IDENTITY.len() + 1..][..52];
        let value = |c| CHARACTERS.iter().position(|other| *other == c).unwrap();
        let bits: Vec<usize> = data
            .bytes()
            .flat_map(|c| (0..5).map(move |at| value(c) >> (4 - at) & 1))
            .collect();
        let byte = |bits: &[usize]| u8::try_from(bits.iter().fold(0, |byte, bit| byte << 1 | bit)).unwrap();
        bits.chunks_exact(8).map(byte).collect::<Vec<_>>().try_into().unwrap()
    }
}
