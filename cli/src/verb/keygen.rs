//! `satchel keygen`.

use satchel_client::crypto::{Identity, Locks, Profile};
use zeroize::Zeroizing;

use super::print;
use crate::args::Keygen;
use crate::ask::new_passphrase;
use crate::failure::Failure;
use crate::inside::sealed;
use crate::key::identities;
use crate::over::Over;
use crate::random::random;
use crate::target::Target;

/// Makes an identity, and prints its recipient; or the recipient of one that there is.
pub(crate) fn keygen(options: Keygen) -> Result<(), Failure> {
    if let Some(path) = &options.recipient_of {
        let file = options.passphrase.passphrase_file.as_deref();
        for identity in identities(std::slice::from_ref(path), file, false)? {
            print::line(identity.recipient().encode())?;
        }
        return Ok(());
    }
    let over = Over::new(options.force).keeping(&options.passphrase.passphrase_file);
    let target = Target::of(options.output.as_deref(), over)?;
    let passphrase = new_passphrase(&options.passphrase, false)?;
    let identity = Identity::generate(&mut random());
    let recipient = identity.recipient().encode();
    // One allocation, so that no copy of the key stays behind when it grows.
    let mut text = Zeroizing::new(String::with_capacity(recipient.len() + 256));
    text.push_str(&format!("# recipient: {recipient}\n"));
    text.push_str(&identity.encode());
    text.push('\n');
    let (output, bytes) = match &passphrase {
        None => (
            target.for_text("satchel.key")?,
            Zeroizing::new(text.as_bytes().to_vec()),
        ),
        Some(passphrase) => {
            let locks = Locks::Passphrases {
                passphrases: &[passphrase],
                profile: Profile::Desk,
            };
            let container = sealed("satchel.key", text.as_bytes(), &locks)?;
            (target.for_container("satchel.key")?, Zeroizing::new(container))
        }
    };
    output.put_whole(&bytes)?;
    output.durable().commit()?;
    if options.output.is_some() {
        print::line(recipient)?;
    } else {
        eprintln!("recipient: {recipient}");
    }
    if passphrase.is_none() {
        eprintln!("Whoever has this key can read all that is sealed to it; -p seals it under a passphrase.");
    }
    Ok(())
}
