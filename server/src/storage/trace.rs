//! What a call leaves on the stack. Values that are wiped when they are dropped were copied on their way there: into arguments, into a hash's
//! buffer, into a cipher before it was put on the heap. Those copies stay until another call needs the room, which may be never.

use std::hint::black_box;

/// More than what reading, hashing and a block of AES-GCM take. Half of it was enough for the optimised server, which pays for it with each token.
const REACH: usize = if cfg!(debug_assertions) { 16 * 1024 } else { 4 * 1024 };

/// Runs `work`, then overwrites the stack where it ran. What it returns has to hold its secrets on the heap.
pub(crate) fn without_trace<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    overwrite();
    done
}

/// In frames of its own, below the caller's.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// In the same place.
#[inline(never)]
fn overwrite() {
    black_box(&mut [0_u8; REACH]);
}
