//! What opening came to: the rejection words of docs/format.md section 9, one variant each.

macro_rules! verdicts {
    ($($(#[$meta:meta])+ $variant:ident $(($payload:ty))? $({ $($(#[$field_meta:meta])+ $field:ident: $ty:ty),+ $(,)? })?
        = $word:literal;)+) => {
        /// Why a container, passphrase, link or receipt was not opened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum Verdict {
            $($(#[$meta])+ $variant $(($payload))? $({ $($(#[$field_meta])+ $field: $ty),+ })?,)+
        }

        impl Verdict {
            /// Every word of docs/format.md section 9.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word of docs/format.md section 9.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant { .. } => $word,)+ }
            }
        }
    };
}

verdicts! {
    /// The magic is another.
    #[error("this is not a Satchel container")]
    NotAContainer = "not_a_container";
    /// The magic is that of a set.
    #[error("this is a set of containers, which cannot be opened here")]
    SetNotSupported = "set_not_supported";
    /// The members of a set are not those that it was made of.
    #[error("the set is damaged: it does not hold the containers that it was made of")]
    MalformedSet = "malformed_set";
    /// The container's version is not 1.
    #[error("this container is of version {0}, which this version cannot open")]
    UnsupportedVersion(u8) = "unsupported_version";
    /// The set id is not zero.
    #[error("this container is a member of a set and cannot be opened alone")]
    MemberOfASet = "member_of_a_set";
    /// The length is none that a whole container has.
    #[error("the container is cut short, or has bytes that do not belong to it")]
    Truncated = "truncated";
    /// The header's length is 0 or above the limit.
    #[error("the header claims {0} bytes, outside the limits")]
    HeaderTooLarge(u32) = "header_too_large";
    /// The header is not the deterministic CBOR that it has to be.
    #[error("the header is malformed")]
    MalformedHeader = "malformed_header";
    /// No slot, or more than 64.
    #[error("the number of slots is outside the limits")]
    BadSlotCount = "bad_slot_count";
    /// A slot of a known type has wrong fields.
    #[error("a slot is malformed")]
    MalformedSlot = "malformed_slot";
    /// Slots stand together that must not.
    #[error("the slots do not go together")]
    BadSlotMix = "bad_slot_mix";
    /// A passphrase slot asks for a profile that is not defined.
    #[error("a passphrase slot has an unknown profile")]
    UnknownProfile = "unknown_profile";
    /// No slot is of the key's kind.
    #[error("the container does not open with this kind of key")]
    NoMatchingSlot = "no_matching_slot";
    /// No slot unwraps with this key.
    #[error("the key or passphrase is wrong")]
    WrongKey = "wrong_key";
    /// The passphrase slots ask for more memory than the caller allows. In KiB.
    #[error("opening takes {required} KiB of memory, {allowed} are allowed")]
    ExcessiveWork {
        /// What the container's profile takes.
        required: u32,
        /// What the caller's largest profile takes.
        allowed: u32,
    } = "excessive_work";
    /// A passphrase of no characters.
    #[error("the passphrase is empty")]
    EmptyPassphrase = "empty_passphrase";
    /// A passphrase of more than 1,024 bytes.
    #[error("the passphrase has {0} bytes, more than 1024")]
    PassphraseTooLong(usize) = "passphrase_too_long";
    /// A passphrase file that is not UTF-8.
    #[error("the passphrase is not UTF-8 text")]
    MalformedPassphrase = "malformed_passphrase";
    /// A recipient is not `age1pq1...`, or mistyped.
    #[error("the recipient is cut, mistyped, or of another kind than age1pq1...")]
    MalformedRecipient = "malformed_recipient";
    /// An identity is not `AGE-SECRET-KEY-PQ-1...`, or mistyped.
    #[error("the identity is cut, mistyped, or of another kind than AGE-SECRET-KEY-PQ-1...")]
    MalformedIdentity = "malformed_identity";
    /// A share is cut or mistyped.
    #[error("the share is cut or mistyped")]
    MalformedShare = "malformed_share";
    /// A share names another container: its number.
    #[error("share {0} belongs to another container")]
    ShareOfAnotherContainer(u8) = "share_of_another_container";
    /// A share is none of those that were made for this container, or was made for a split that is gone: its number.
    #[error("share {0} is not one of those that open this container")]
    WrongShare(u8) = "wrong_share";
    /// Each share is right, and they are not of one split.
    #[error("the shares were not made together")]
    MixedShares = "mixed_shares";
    /// Each share is right, and it takes more.
    #[error("{given} of the {needed} shares that it takes are here")]
    TooFewShares {
        /// How many different ones there are.
        given: u8,
        /// How many it takes.
        needed: u8,
    } = "too_few_shares";
    /// The header was changed.
    #[error("the header was tampered with")]
    BadHeaderMac = "bad_header_mac";
    /// The payload's parameters or header tag are wrong.
    #[error("the start of the payload is damaged or was tampered with")]
    BadPayloadHeader = "bad_payload_header";
    /// A segment's tag, length word or place is wrong.
    #[error("segment {0} is damaged or was tampered with")]
    BadSegment(u64) = "bad_segment";
    /// The padding is not what the format prescribes.
    #[error("the padding is wrong")]
    BadPadding = "bad_padding";
    /// The manifest's length is 0 or above the limit.
    #[error("the manifest claims {0} bytes, outside the limits")]
    ManifestTooLarge(u32) = "manifest_too_large";
    /// The manifest is not the deterministic CBOR that it has to be, or breaks one of its rules.
    #[error("the manifest is malformed")]
    MalformedManifest = "malformed_manifest";
    /// The contents do not fill the archive exactly.
    #[error("the contents do not add up to the archive's length")]
    BadArchiveLength = "bad_archive_length";
    /// The link or receipt is cut or mistyped.
    #[error("the link is cut or mistyped")]
    MalformedLink = "malformed_link";
    /// The link or receipt is of another version or kind.
    #[error("the link is of a version that this version cannot open")]
    UnsupportedLinkVersion = "unsupported_link_version";
    /// The link has a flag that is not defined.
    #[error("the link asks for something that this version does not know")]
    UnsupportedLinkFlags = "unsupported_link_flags";
    /// The link needs a passphrase and none was given.
    #[error("the link needs a passphrase")]
    PassphraseMissing = "passphrase_missing";
    /// A passphrase was given for a link that has none.
    #[error("the link takes no passphrase")]
    PassphraseNotNeeded = "passphrase_not_needed";
    /// The device cannot give the memory that deriving a key takes.
    #[error("there is not enough memory to derive the key")]
    OutOfMemory = "out_of_memory";
}
