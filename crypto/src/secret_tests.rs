//! No secret can be copied, printed, compared or reached but by its own methods: this file compiles or it does not.

use core::fmt::{Debug, Display};
use core::ops::Deref;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use zeroize::ZeroizeOnDrop;

use crate::file_key::FileKey;
use crate::floe::{MessageKey, PayloadKey, Stream};
use crate::label::LabelKey;
use crate::link::{LinkSecret, LinkSlotSecret};
use crate::passphrase::PassphraseKey;
use crate::{ClaimToken, LeaseToken, PanicSecret, ProbeToken, ReceiptToken};
#[cfg(all(feature = "recipients", feature = "shares"))]
use crate::{Identity, Share};
use crate::{Link, OpenSegment, Opened, Passphrase, PlainSegment, Receipt, Rekeying, SegmentKey, UnlockedLink};

macro_rules! closed {
    ($($secret:ty),+ $(,)?) => {
        $(assert_not_impl_any!($secret: Clone, Copy, Debug, Display, PartialEq, PartialOrd, AsRef<[u8]>, Deref,
            core::hash::Hash, minicbor::Encode<()>);)+
    };
}

closed!(
    FileKey,
    PayloadKey,
    MessageKey,
    LinkSecret,
    LinkSlotSecret,
    PassphraseKey
);
closed!(ProbeToken, ClaimToken, LeaseToken, ReceiptToken, PanicSecret, LabelKey);
closed!(
    Link,
    UnlockedLink,
    Receipt,
    Passphrase,
    SegmentKey,
    Opened,
    Rekeying,
    Stream,
    OpenSegment,
    PlainSegment
);

#[cfg(all(feature = "recipients", feature = "shares"))]
closed!(Identity, Share);

assert_impl_all!(FileKey: ZeroizeOnDrop);
assert_impl_all!(PayloadKey: ZeroizeOnDrop);
assert_impl_all!(MessageKey: ZeroizeOnDrop);
assert_impl_all!(LinkSecret: ZeroizeOnDrop);
assert_impl_all!(LinkSlotSecret: ZeroizeOnDrop);
assert_impl_all!(PassphraseKey: ZeroizeOnDrop);
assert_impl_all!(ReceiptToken: ZeroizeOnDrop);
assert_impl_all!(PanicSecret: ZeroizeOnDrop);
assert_impl_all!(LabelKey: ZeroizeOnDrop);
assert_impl_all!(aes_gcm::Aes256Gcm: ZeroizeOnDrop);

/// What runs in several threads: segments, and who makes them.
const fn can_move_between_threads<T: Send>() {}
const _: () = can_move_between_threads::<OpenSegment>();
const _: () = can_move_between_threads::<crate::ClosedSegment>();
const _: () = can_move_between_threads::<crate::Sealer>();
const _: () = can_move_between_threads::<Opened>();
