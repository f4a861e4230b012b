//! Sharing: seal under a fresh link, upload, and hand back link and receipt.

use rand_core::CryptoRng;
use satchel_api::limit::READS_MAX;
use satchel_crypto::{
    Asked, Entry, Invite, Link, LinkKeying, Locks, Manifest, PanicSecret, Passphrase, Receipt, Sealer,
};

use crate::payment::Payment;
use crate::seal::{AnySink, seal_with};
use crate::upload::{Upload, Uploading, upload_metadata};
use crate::{
    Context, Elsewhere, Engine, Error, Pause, Sealed, SealedSink, Source, Spool, Stage, Transport, Watch, burn, config,
    receipt_status,
};

/// What many wrong passphrases do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnGuessing {
    /// Readers wait.
    #[default]
    Lock,
    /// The paste burns.
    Burn,
}

/// How a paste ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Seconds from the end of the upload.
    pub expires_in: u64,
    /// 1 to 1000; 0 for any number until expiry.
    pub reads: u32,
    /// What many wrong passphrases do.
    pub on_guessing: OnGuessing,
    /// The operator's backups hold it until it expires: only for any number of reads, and where guessing locks. One link only.
    pub keep: bool,
}

/// What is to be shared, and how.
pub struct Sharing<'a> {
    /// The document's entries.
    pub entries: Vec<Entry>,
    /// How the paste ends.
    pub policy: Policy,
    /// Asked for beside the link, where there is one.
    pub passphrase: Option<&'a Passphrase>,
    /// Sent where the server takes uploads by invite only, or where it spares a proof of work: else it need not know who has one.
    pub invite: Option<&'a Invite>,
    /// Burns it with everything else that was made under it.
    pub panic: Option<&'a PanicSecret>,
    /// What the links of a document with several are called, in their order: of them the rest, or all, have none.
    pub names: &'a [String],
}

/// What sharing gives back. Nobody else has these.
pub struct Shared {
    /// Opens it.
    pub link: Link,
    /// Looks at its state, and burns it.
    pub receipt: Receipt,
    /// Unix seconds, as the server rounded it.
    pub expires_at: Option<u64>,
    /// The reads of the policy.
    pub reads: u32,
}

/// For callers whose documents have lengths.
pub struct NoSpool;

impl<B: Elsewhere> SealedSink<B> for NoSpool {
    async fn take(&mut self, _bytes: Sealed<B>) -> Result<Option<Vec<u8>>, Error> {
        Err(Error::Write)
    }
}

impl<B: Elsewhere> Spool<B> for NoSpool {
    async fn read_back(&mut self, _room: &mut [u8]) -> Result<usize, Error> {
        Err(Error::Read)
    }
}

/// The length of the container that [`share`] makes of what `manifest` says, in bytes: what whoever holds the link is told before they open it. The policy
/// counts, which is written into it. None where an entry goes "to the end".
///
/// # Errors
/// `Seal` where it is more than a container holds.
pub fn shared_len(manifest: &Manifest, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Option<u64>, Error> {
    // A passphrase changes no length: it goes into the key.
    let unlocked = Link::generate(rng, false).unlock(None)?;
    Ok(Sealer::new(manifest, &Locks::Link(&unlocked), rng)?.container_len())
}

/// Checks the policy against the server's limits, seals `source` under a fresh link and uploads it. An upload that fails midway is
/// burned, as far as the server can be reached. `spool` is used where an entry goes "to the end".
///
/// # Errors
/// `ExpiryNotAllowed`, `ReadsNotAllowed`, `TooLarge`, `InviteRequired` before anything is sent; `InviteRefused`, `Read`, `Write`, `Seal`, `Verdict`,
/// `Refused`, `Unreachable`, `BadAnswer`.
pub async fn share<T: Transport, P: Pause, W: Watch, E: Engine>(
    context: &Context<'_, T, P, W>,
    sharing: Sharing<'_>,
    source: &mut impl Source<E::Elsewhere>,
    spool: &mut impl Spool<E::Elsewhere>,
    engine: &E,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Shared, Error> {
    let Sharing {
        entries,
        policy,
        passphrase,
        invite,
        panic,
        names: _,
    } = sharing;
    let limits = config(context).await?;
    check(&limits, &policy, invite.is_some())?;
    let asked = Asked {
        reads: Some(policy.reads),
        expires_in: Some(policy.expires_in),
    };
    let manifest = Manifest::new(entries, asked)?;
    if manifest.sized_len().is_none_or(|len| len > limits.size_bytes_max) {
        return Err(Error::TooLarge {
            limit: limits.size_bytes_max,
        });
    }

    let link = Link::generate(rng, passphrase.is_some());
    if passphrase.is_some() {
        context.watch.progress(Stage::Deriving, 0, None);
    }
    let unlocked = link.unlock(passphrase)?;
    let receipt = Receipt::generate(link.id(), rng);
    let metadata = upload_metadata(
        &link.id(),
        &link.probe_token(),
        &unlocked.claim_token(),
        &receipt,
        &policy,
        panic,
    );
    let mut upload = Upload::new(
        context,
        Uploading::of(&receipt),
        metadata,
        Payment::new(invite, limits.invite_required),
        limits.size_bytes_max,
    );
    context.watch.upload_begun(&receipt).await;

    let keyed = engine.wrap(LinkKeying::new(&unlocked, rng)).await?;
    let sealer = Sealer::keyed(&manifest, keyed, rng)?;
    // To the server at once, or aside until the length shows.
    let out: &mut dyn AnySink<E::Elsewhere> = if manifest.is_open_ended() { spool } else { &mut upload };
    let sealed = seal_with(sealer, &manifest, source, out, engine, context.watch, rng).await;
    let done = match sealed {
        Ok(len) if manifest.is_open_ended() => forward(len, spool, &mut upload).await,
        Ok(_) => upload.finish().await,
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        // Without an answer there is nobody to tell; the server drops it after a day. Else nothing half-sent is to stay.
        if upload.begun() && !matches!(error, Error::Unreachable) {
            let _ = burn(context, &receipt).await;
        }
        return Err(error);
    }
    // The paste is there now, so a server that falls silent here does not undo the share.
    let expires_at = receipt_status(context, &receipt)
        .await
        .ok()
        .and_then(|state| state.expires_at);
    Ok(Shared {
        link,
        receipt,
        expires_at,
        reads: policy.reads,
    })
}

/// Uploads what was spooled.
pub(crate) async fn forward<T: Transport, P: Pause, W: Watch, B: Elsewhere>(
    len: u64,
    spool: &mut impl Spool<B>,
    upload: &mut Upload<'_, T, P, W>,
) -> Result<(), Error> {
    upload.expect_len(len)?;
    let mut room = vec![0; 256 * 1024];
    loop {
        match spool.read_back(&mut room).await? {
            0 => return upload.finish().await,
            got => upload.push(&room[..got]).await?,
        }
    }
}

pub(crate) fn check(limits: &satchel_api::Config, policy: &Policy, invited: bool) -> Result<(), Error> {
    let (min, max) = (limits.expires_in_secs_min, limits.expires_in_secs_max);
    if !(min..=max).contains(&policy.expires_in) {
        return Err(Error::ExpiryNotAllowed { min, max });
    }
    // A server may allow more than a manifest can say.
    let max = limits.reads_max.min(READS_MAX);
    if policy.reads > max {
        return Err(Error::ReadsNotAllowed { max });
    }
    if limits.invite_required && !invited {
        return Err(Error::InviteRequired);
    }
    Ok(())
}
