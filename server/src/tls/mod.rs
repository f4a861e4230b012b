//! The server's own TLS: versions 1.3 and 1.2, HTTP/1.1 alone, and a certificate that is exchanged while connections go on.
//!
//! No session is resumed: what resumes one would tell whoever listens, and us, that the same person came back (docs/decisions/0031-own-tls.md).

mod handshake;
mod pair;
mod stream;
mod watch;

pub use pair::{Pair, PairError, Validity};
pub(crate) use stream::Stream;
pub(crate) use watch::keep_current;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;
use crate::report::{self, Event};
use crate::store::{Clock as _, SystemClock};
use watch::Stamp;

/// What is spoken within. Not h2: our limits on heads, bodies and answers hold for each connection, and are written for HTTP/1.
const ALPN: &[u8] = b"http/1.1";

/// What every connection of a server shares.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    served: Arc<Served>,
    files: TlsFiles,
    /// How the files were when they were last read, whatever came of it.
    tried: Arc<Mutex<Stamp>>,
}

/// The certificate that new connections get.
struct Served(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Served {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Served")
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The cryptography of all TLS here.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

impl Tls {
    /// With the pair that the files hold now. One that is not valid yet, or no more, is taken: the clock may be what is wrong.
    pub(crate) fn new(files: TlsFiles) -> Result<Self, PairError> {
        let stamp = Stamp::of(&files);
        let pair = Pair::read(&files)?;
        let served = Arc::new(Served(RwLock::new(pair.into_certified())));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|source| PairError::Unusable {
                path: files.cert.clone(),
                source,
            })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Served>::clone(&served));
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            served,
            files,
            tried: Arc::new(Mutex::new(stamp)),
        })
    }

    /// Reads the files again. A pair that cannot be served, or is not valid now, changes nothing, and is said.
    pub(crate) async fn renew(&self) {
        let this = self.clone();
        // Reads files: not on a thread that answers.
        let _ = tokio::task::spawn_blocking(move || {
            let stamp = Stamp::of(&this.files);
            *this.tried.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
            let now = SystemClock.now();
            match Pair::read(&this.files).and_then(|pair| pair.valid_at(now)) {
                Ok(pair) => {
                    *this.served.0.write().unwrap_or_else(PoisonError::into_inner) = pair.into_certified();
                    report::say(Event::CertificateRenewed);
                }
                Err(why) => report::say(Event::CertificateRefused(why.to_string())),
            }
        })
        .await;
    }
}
