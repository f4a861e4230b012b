//! What the browser's AES gave up on, or has not: `aes-gcm` in here. The WebAssembly that shares alone has none, and is run where the browser's
//! AES is there; where that gives up (for want of memory) the operation fails.

use satchel_client::{Sealed, seal_brought_in};
use satchel_crypto::{Keyed, LentSegment, LinkKeying, OpenSegment, SealError, SealedBytes};

use crate::engine::Bytes;

#[cfg(feature = "everything")]
const IS_HERE: bool = true;
#[cfg(not(feature = "everything"))]
const IS_HERE: bool = false;

const NOTHING_MADE: SealError = SealError::EngineOutput { expected: 0, given: 0 };

pub(crate) fn wrap(keying: LinkKeying) -> Result<Keyed, SealError> {
    if IS_HERE { Ok(keying.wrap()) } else { Err(NOTHING_MADE) }
}

pub(crate) fn seal(segment: OpenSegment) -> Result<SealedBytes, SealError> {
    if IS_HERE { Ok(segment.seal()) } else { Err(NOTHING_MADE) }
}

pub(crate) fn seal_lent(segments: Vec<LentSegment>, content: &Bytes) -> Result<Vec<Sealed<Bytes>>, SealError> {
    if IS_HERE {
        Ok(seal_brought_in(segments, content))
    } else {
        Err(NOTHING_MADE)
    }
}
