//! Proof of work, where a server asks for one: docs/api.md section 13. Several tries between two pauses, so that it can be given up.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use satchel_api::limit::WORK_BITS_MAX;
use satchel_api::problem::Work;
use sha2::{Digest, Sha256};

use crate::{Context, Pause, Stage, Transport, Watch};

const CHALLENGE_LEN: usize = 21;
/// One for each link of a request.
const NONCES_MAX: u32 = 100;
/// Tries between two pauses: some hundredths of a second.
const TRIES: u64 = 1 << 16;

/// What `Satchel-Work` takes: the challenge and as many nonces as are asked for, in ascending order. None for a challenge that is none, or asks for more than anybody should do.
pub(crate) async fn solve<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    work: &Work,
) -> Option<String> {
    let mut challenge = [0; CHALLENGE_LEN];
    let len = Base64UrlUnpadded::decode(work.challenge.as_str(), &mut challenge)
        .ok()?
        .len();
    if len != CHALLENGE_LEN || work.bits > WORK_BITS_MAX || work.nonces > NONCES_MAX {
        return None;
    }
    let mut solution = work.challenge.clone();
    let mut missing = work.nonces;
    let begun = Sha256::new().chain_update(b"satchel/v1/work").chain_update(challenge);
    let mut tried = 0_u64;
    loop {
        context.watch.progress(Stage::Working, tried, None);
        for nonce in tried..tried + TRIES {
            let nonce = nonce.to_be_bytes();
            let hash = begun.clone().chain_update(nonce).finalize();
            if starts_with_zeros(&hash, work.bits) {
                solution.push('.');
                solution.push_str(&Base64UrlUnpadded::encode_string(&nonce));
                missing = missing.saturating_sub(1);
                if missing == 0 {
                    return Some(solution);
                }
            }
        }
        tried += TRIES;
        context.pause.pause(Duration::ZERO).await;
    }
}

fn starts_with_zeros(hash: &[u8], bits: u8) -> bool {
    hash.first_chunk()
        .is_some_and(|first| u64::from_be_bytes(*first).leading_zeros() >= u32::from(bits))
}
