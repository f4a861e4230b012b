//! What opening came to: the rejection words of docs/format.md section 9, one variant each.

/// Why a container, passphrase, link or receipt was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Verdict {
    /// The magic is another.
    #[error("this is not a Satchel container")]
    NotAContainer,
    /// The magic is that of a set.
    #[error("this is a set of containers, which this version cannot open")]
    SetNotSupported,
    /// The container's version is not 1.
    #[error("this container is of version {0}, which this version cannot open")]
    UnsupportedVersion(u8),
    /// The set id is not zero.
    #[error("this container is a member of a set and cannot be opened alone")]
    MemberOfASet,
    /// The length is none that a whole container has.
    #[error("the container is cut short, or has bytes that do not belong to it")]
    Truncated,
    /// The header's length is 0 or above the limit.
    #[error("the header claims {0} bytes, outside the limits")]
    HeaderTooLarge(u32),
    /// The header is not the deterministic CBOR that it has to be.
    #[error("the header is malformed")]
    MalformedHeader,
    /// No slot, or more than 64.
    #[error("the number of slots is outside the limits")]
    BadSlotCount,
    /// A slot of a known type has wrong fields.
    #[error("a slot is malformed")]
    MalformedSlot,
    /// Slots stand together that must not.
    #[error("the slots do not go together")]
    BadSlotMix,
    /// A passphrase slot asks for a profile that is not defined.
    #[error("a passphrase slot has an unknown profile")]
    UnknownProfile,
    /// No slot is of the key's kind.
    #[error("the container does not open with this kind of key")]
    NoMatchingSlot,
    /// No slot unwraps with this key.
    #[error("the key or passphrase is wrong")]
    WrongKey,
    /// The passphrase slots ask for more memory than the caller allows. In KiB.
    #[error("opening takes {required} KiB of memory, {allowed} are allowed")]
    ExcessiveWork {
        /// What the container's profile takes.
        required: u32,
        /// What the caller's largest profile takes.
        allowed: u32,
    },
    /// A passphrase of no characters.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// A passphrase of more than 1,024 bytes.
    #[error("the passphrase has {0} bytes, more than 1024")]
    PassphraseTooLong(usize),
    /// A passphrase file that is not UTF-8.
    #[error("the passphrase is not UTF-8 text")]
    MalformedPassphrase,
    /// The header was changed.
    #[error("the header was tampered with")]
    BadHeaderMac,
    /// The payload's parameters or header tag are wrong.
    #[error("the start of the payload is damaged or was tampered with")]
    BadPayloadHeader,
    /// A segment's tag, length word or place is wrong.
    #[error("segment {0} is damaged or was tampered with")]
    BadSegment(u64),
    /// The padding is not what the format prescribes.
    #[error("the padding is wrong")]
    BadPadding,
    /// The manifest's length is 0 or above the limit.
    #[error("the manifest claims {0} bytes, outside the limits")]
    ManifestTooLarge(u32),
    /// The manifest is not the deterministic CBOR that it has to be, or breaks one of its rules.
    #[error("the manifest is malformed")]
    MalformedManifest,
    /// The contents do not fill the archive exactly.
    #[error("the contents do not add up to the archive's length")]
    BadArchiveLength,
    /// The link or receipt is cut or mistyped.
    #[error("the link is cut or mistyped")]
    MalformedLink,
    /// The link or receipt is of another version or kind.
    #[error("the link is of a version that this version cannot open")]
    UnsupportedLinkVersion,
    /// The link has a flag that is not defined.
    #[error("the link asks for something that this version does not know")]
    UnsupportedLinkFlags,
    /// The link needs a passphrase and none was given.
    #[error("the link needs a passphrase")]
    PassphraseMissing,
    /// A passphrase was given for a link that has none.
    #[error("the link takes no passphrase")]
    PassphraseNotNeeded,
    /// The device cannot give the memory that deriving a key takes.
    #[error("there is not enough memory to derive the key")]
    OutOfMemory,
}

impl Verdict {
    /// The word of docs/format.md section 9.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAContainer => "not_a_container",
            Self::SetNotSupported => "set_not_supported",
            Self::UnsupportedVersion(_) => "unsupported_version",
            Self::MemberOfASet => "member_of_a_set",
            Self::Truncated => "truncated",
            Self::HeaderTooLarge(_) => "header_too_large",
            Self::MalformedHeader => "malformed_header",
            Self::BadSlotCount => "bad_slot_count",
            Self::MalformedSlot => "malformed_slot",
            Self::BadSlotMix => "bad_slot_mix",
            Self::UnknownProfile => "unknown_profile",
            Self::NoMatchingSlot => "no_matching_slot",
            Self::WrongKey => "wrong_key",
            Self::ExcessiveWork { .. } => "excessive_work",
            Self::EmptyPassphrase => "empty_passphrase",
            Self::PassphraseTooLong(_) => "passphrase_too_long",
            Self::MalformedPassphrase => "malformed_passphrase",
            Self::BadHeaderMac => "bad_header_mac",
            Self::BadPayloadHeader => "bad_payload_header",
            Self::BadSegment(_) => "bad_segment",
            Self::BadPadding => "bad_padding",
            Self::ManifestTooLarge(_) => "manifest_too_large",
            Self::MalformedManifest => "malformed_manifest",
            Self::BadArchiveLength => "bad_archive_length",
            Self::MalformedLink => "malformed_link",
            Self::UnsupportedLinkVersion => "unsupported_link_version",
            Self::UnsupportedLinkFlags => "unsupported_link_flags",
            Self::PassphraseMissing => "passphrase_missing",
            Self::PassphraseNotNeeded => "passphrase_not_needed",
            Self::OutOfMemory => "out_of_memory",
        }
    }
}
