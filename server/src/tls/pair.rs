//! A certificate and its key, from two PEM files: read, held against each other, and what can be told of them. Says nothing of the key.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};
use x509_cert::der::Decode as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::config::TlsFiles;

/// A chain of certificates has a tenth of it.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Why two files are not served. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// A file cannot be read.
    #[error("the file {path} cannot be read: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Far more than a certificate or a key.
    #[error("the file {path} is larger than {FILE_BYTES_MAX} bytes: that is no certificate and no key")]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// No certificate is in it.
    #[error("the file {path} holds no certificate in PEM")]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// No key is in it, or one under a passphrase.
    #[error("the file {path} holds no private key in PEM, or one that is itself encrypted")]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// Something in it is not as TLS has it.
    #[error("the file {path} cannot be used for TLS: {source}")]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// When it holds cannot be told.
    #[error("the certificate of {path} cannot be read: {source}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        source: x509_cert::der::Error,
    },
    /// The key is another certificate's.
    #[error("the key of {key} is not that of the certificate in {cert}")]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// Its time is over.
    #[error("the certificate of {path} has expired")]
    Expired {
        /// Which.
        path: PathBuf,
    },
    /// Its time has not come.
    #[error("the certificate of {path} is not valid yet")]
    Early {
        /// Which.
        path: PathBuf,
    },
}

/// From when until when a certificate holds, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first second.
    pub starts_at: u64,
    /// Its last second.
    pub ends_at: u64,
}

/// A certificate with its chain, and the key that belongs to it.
pub struct Pair {
    certified: CertifiedKey,
    validity: Validity,
    path: PathBuf,
}

impl Pair {
    /// Reads both files and holds them against each other.
    ///
    /// # Errors
    /// [`PairError`], but for the two that time brings.
    pub fn read(files: &TlsFiles) -> Result<Self, PairError> {
        let chain = chain(&files.cert)?;
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| PairError::Unusable { path, source }
        };
        let signing = signing_key(&files.key)?.map_err(unusable(&files.key))?;
        let first = chain.first().ok_or_else(|| PairError::NoCertificate {
            path: files.cert.clone(),
        })?;
        ParsedCertificate::try_from(first).map_err(unusable(&files.cert))?;
        let validity = validity(first, &files.cert)?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(PairError::Mismatch {
                    cert: files.cert.clone(),
                    key: files.key.clone(),
                });
            }
            Err(source) => return Err(unusable(&files.cert)(source)),
        }
        Ok(Self {
            certified,
            validity,
            path: files.cert.clone(),
        })
    }

    /// The same, if clients take it at `now`.
    ///
    /// # Errors
    /// `Early` or `Expired`.
    pub fn valid_at(self, now: u64) -> Result<Self, PairError> {
        if now < self.validity.starts_at {
            return Err(PairError::Early { path: self.path });
        }
        if now > self.validity.ends_at {
            return Err(PairError::Expired { path: self.path });
        }
        Ok(self)
    }

    /// When it holds.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether it was made for `host`, a name or an address.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        let (Ok(name), Some(first)) = (ServerName::try_from(host), self.certified.cert.first()) else {
            return false;
        };
        ParsedCertificate::try_from(first).is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }

    pub(super) fn into_certified(self) -> Arc<CertifiedKey> {
        Arc::new(self.certified)
    }
}

/// Its copies in memory are wiped; what signs has its own, which aws-lc wipes.
fn signing_key(path: &Path) -> Result<Result<Arc<dyn SigningKey>, rustls::Error>, PairError> {
    let mut key =
        PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| PairError::NoKey { path: path.to_owned() })?;
    let signing = any_supported_type(&key);
    key.zeroize();
    Ok(signing)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, PairError> {
    let bytes = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(PairError::NoCertificate { path: path.to_owned() }),
    }
}

/// All of it, in one piece that is wiped: a key may be in it.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PairError> {
    let failed = |source| PairError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let too_large = || PairError::TooLarge { path: path.to_owned() };
    if len > FILE_BYTES_MAX {
        return Err(too_large());
    }
    // No reallocation leaves a copy behind.
    let room = usize::try_from(FILE_BYTES_MAX + 1).map_err(|_| too_large())?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() >= room {
        return Err(too_large());
    }
    Ok(bytes)
}

fn validity(certificate: &CertificateDer<'_>, path: &Path) -> Result<Validity, PairError> {
    let parsed = x509_cert::Certificate::from_der(certificate).map_err(|source| PairError::Malformed {
        path: path.to_owned(),
        source,
    })?;
    let said = parsed.tbs_certificate().validity();
    Ok(Validity {
        starts_at: said.not_before.to_unix_duration().as_secs(),
        ends_at: said.not_after.to_unix_duration().as_secs(),
    })
}
