//! The manifest: what a container holds, docs/format.md section 7.

use alloc::string::String;
use alloc::vec::Vec;
use minicbor::encode::Write;
use minicbor::{Decoder, Encoder};

use crate::{Verdict, limit};

/// One file, folder, text or stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As its sender had it, not to be trusted: see [`sanitise`](crate::sanitise). Only a sole entry may have none.
    pub name: Option<String>,
    /// U+0020 to U+007E.
    pub media_type: String,
    /// In bytes; none is "to the end", for the last entry only.
    pub size: Option<u64>,
    /// Unix seconds.
    pub modified: Option<u64>,
}

/// What the sender asked a server for, so that a reader can tell whether the server kept to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// 1 to 1,000; 0 for any number until expiry.
    pub reads: Option<u32>,
    /// Seconds from completion.
    pub expires_in: Option<u64>,
}

/// `{ 0: [ entry ], ? 1: asked }`, and within its limits and rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<Entry>,
    asked: Asked,
}

impl Manifest {
    /// Checks limits and rules.
    ///
    /// # Errors
    /// `MalformedManifest`, `ManifestTooLarge`.
    pub fn new(entries: Vec<Entry>, asked: Asked) -> Result<Self, Verdict> {
        let manifest = Self { entries, asked };
        manifest.validate()?;
        let len = manifest.encode().len();
        if len > limit::MANIFEST_LEN_MAX {
            return Err(Verdict::ManifestTooLarge(u32::try_from(len).unwrap_or(u32::MAX)));
        }
        Ok(manifest)
    }

    /// The entries, in the order of their contents.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the sender asked a server for.
    pub const fn asked(&self) -> Asked {
        self.asked
    }

    /// The sizes added up, without an entry "to the end"; none above 2^50.
    pub fn sized_len(&self) -> Option<u64> {
        let add = |sum: u64, entry: &Entry| sum.checked_add(entry.size.unwrap_or(0));
        self.entries
            .iter()
            .try_fold(0, add)
            .filter(|sum| *sum <= limit::PADDED_LEN_MAX)
    }

    /// Whether the last entry goes "to the end".
    pub fn is_open_ended(&self) -> bool {
        self.entries.last().is_some_and(|entry| entry.size.is_none())
    }

    /// Deterministic CBOR.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(self, &mut Encoder::new(&mut bytes)).expect("writing into memory does not fail");
        bytes
    }

    /// The mirror of [`encode`](Self::encode): what it takes encodes to the same bytes.
    ///
    /// # Errors
    /// `MalformedManifest`, `ManifestTooLarge`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Verdict> {
        if bytes.is_empty() || bytes.len() > limit::MANIFEST_LEN_MAX {
            return Err(Verdict::ManifestTooLarge(
                u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            ));
        }
        let manifest = read(bytes).map_err(|_| Verdict::MalformedManifest)?;
        manifest.validate()?;
        let mut rest = Expected(bytes);
        write(&manifest, &mut Encoder::new(&mut rest)).map_err(|_| Verdict::MalformedManifest)?;
        if rest.0.is_empty() {
            Ok(manifest)
        } else {
            Err(Verdict::MalformedManifest)
        }
    }

    fn validate(&self) -> Result<(), Verdict> {
        let count = self.entries.len();
        let last = count.checked_sub(1).ok_or(Verdict::MalformedManifest)?;
        let mut names = Vec::new();
        let good = count <= limit::ENTRIES_MAX
            && self.asked.reads.is_none_or(|reads| reads <= limit::READS_MAX)
            && self.entries.iter().enumerate().all(|(i, entry)| {
                let name_is_good = match &entry.name {
                    None => count == 1,
                    Some(name) => {
                        names.push(name.as_str());
                        (1..=limit::NAME_LEN_MAX).contains(&name.len())
                            && (!name.ends_with('/') || entry.size == Some(0))
                    }
                };
                let media_type = entry.media_type.as_bytes();
                name_is_good
                    && (1..=limit::MEDIA_TYPE_LEN_MAX).contains(&media_type.len())
                    && media_type.iter().all(|byte| (0x20..=0x7e).contains(byte))
                    && (entry.size.is_some() || i == last)
            });
        if good && are_distinct(names) {
            Ok(())
        } else {
            Err(Verdict::MalformedManifest)
        }
    }
}

/// By sorting: a set of them is large in the page's WebAssembly.
fn are_distinct(mut names: Vec<&str>) -> bool {
    names.sort_unstable();
    names.array_windows().all(|[one, next]| one != next)
}

/// Takes only the bytes that it expects: a comparison that needs no second copy.
pub(crate) struct Expected<'a>(pub(crate) &'a [u8]);

/// Something else was written than expected.
pub(crate) struct Unexpected;

impl Write for Expected<'_> {
    type Error = Unexpected;

    fn write_all(&mut self, written: &[u8]) -> Result<(), Unexpected> {
        self.0 = self.0.strip_prefix(written).ok_or(Unexpected)?;
        Ok(())
    }
}

fn write<W: Write>(manifest: &Manifest, e: &mut Encoder<W>) -> Result<(), minicbor::encode::Error<W::Error>> {
    let has_asked = manifest.asked != Asked::default();
    e.map(1 + u64::from(has_asked))?
        .u8(0)?
        .array(manifest.entries.len() as u64)?;
    for entry in &manifest.entries {
        e.map(2 + u64::from(entry.name.is_some()) + u64::from(entry.modified.is_some()))?;
        if let Some(name) = &entry.name {
            e.u8(0)?.str(name)?;
        }
        e.u8(1)?.str(&entry.media_type)?.u8(2)?;
        match entry.size {
            Some(size) => e.u64(size)?,
            None => e.null()?,
        };
        if let Some(modified) = entry.modified {
            e.u8(3)?.u64(modified)?;
        }
    }
    if has_asked {
        let Asked { reads, expires_in } = manifest.asked;
        e.u8(1)?
            .map(u64::from(reads.is_some()) + u64::from(expires_in.is_some()))?;
        if let Some(reads) = reads {
            e.u8(0)?.u32(reads)?;
        }
        if let Some(expires_in) = expires_in {
            e.u8(1)?.u64(expires_in)?;
        }
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Manifest, minicbor::decode::Error> {
    let wrong = || minicbor::decode::Error::message("not a manifest");
    let mut d = Decoder::new(bytes);
    let fields = d.map()?.filter(|fields| (1..=2).contains(fields)).ok_or_else(wrong)?;
    if d.u8()? != 0 {
        return Err(wrong());
    }
    let count = d
        .array()?
        .filter(|count| (1..=limit::ENTRIES_MAX as u64).contains(count))
        .ok_or_else(wrong)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(read_entry(&mut d)?);
    }
    let mut asked = Asked::default();
    if fields == 2 {
        if d.u8()? != 1 {
            return Err(wrong());
        }
        for _ in 0..d.map()?.filter(|fields| (1..=2).contains(fields)).ok_or_else(wrong)? {
            match d.u8()? {
                0 => asked.reads = Some(d.u32()?),
                1 => asked.expires_in = Some(d.u64()?),
                _ => return Err(wrong()),
            }
        }
    }
    Ok(Manifest { entries, asked })
}

/// Lenient about order and repetition: the comparison with the encoding is not.
fn read_entry(d: &mut Decoder<'_>) -> Result<Entry, minicbor::decode::Error> {
    let wrong = || minicbor::decode::Error::message("not an entry");
    let mut entry = Entry {
        name: None,
        media_type: String::new(),
        size: None,
        modified: None,
    };
    for _ in 0..d.map()?.filter(|fields| (2..=4).contains(fields)).ok_or_else(wrong)? {
        match d.u8()? {
            0 => entry.name = Some(String::from(d.str()?)),
            1 => entry.media_type = String::from(d.str()?),
            2 if d.datatype()? == minicbor::data::Type::Null => d.null()?,
            2 => entry.size = Some(d.u64()?),
            3 => entry.modified = Some(d.u64()?),
            _ => return Err(wrong()),
        }
    }
    Ok(entry)
}
