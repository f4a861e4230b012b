//! A server with TLS of its own, and a client that trusts exactly one certificate.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use tempfile::TempDir;

use super::harness::{Answer, Server, command};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);
pub(crate) const HOST: &str = "satchel.test";

/// A certificate of its own authority, and its key.
pub(crate) struct Made {
    pub(crate) cert: String,
    pub(crate) key: String,
    pub(crate) der: CertificateDer<'static>,
}

impl Made {
    pub(crate) fn new() -> Self {
        Self::valid((2020, 2040))
    }

    /// From the first day of one year to that of another.
    pub(crate) fn valid((from, until): (i32, i32)) -> Self {
        let names = [HOST, "127.0.0.1", "::1"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap();
        Self {
            cert: cert.pem(),
            key: key.serialize_pem(),
            der: cert.der().clone(),
        }
    }
}

/// A server whose standard error is a file.
pub(crate) struct Secure {
    pub(crate) server: Server,
    pub(crate) folder: TempDir,
}

impl Secure {
    pub(crate) fn start(made: &Made) -> Self {
        Self::start_with(made, &[])
    }

    pub(crate) fn start_with(made: &Made, options: &[&str]) -> Self {
        let (folder, data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (cert, key) = put(folder.path(), made);
        let mut command = command();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .arg("--tls-cert")
            .arg(cert)
            .arg("--tls-key")
            .arg(key)
            .args(options)
            .stderr(File::create(folder.path().join("said")).unwrap());
        Self {
            server: Server::spawn(command, data),
            folder,
        }
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// Waits until it has said this.
    pub(crate) fn until_said(&self, sentence: &str) {
        let since = Instant::now();
        while !self.said().contains(sentence) {
            assert!(since.elapsed() < PATIENCE, "{sentence}: {}", self.said());
            std::thread::sleep(PAUSE);
        }
    }

    pub(crate) fn connect(&self, trusted: &Made) -> std::io::Result<Client> {
        let versions = rustls::ALL_VERSIONS;
        connect(self.server.connect(), trusted, versions, &[])
    }
}

/// Both files, each moved into its place, as renewal programs do.
pub(crate) fn put(folder: &Path, made: &Made) -> (PathBuf, PathBuf) {
    let one = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(folder.join("new"), text).unwrap();
        fs::set_permissions(folder.join("new"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fs::rename(folder.join("new"), &path).unwrap();
        path
    };
    (one("cert.pem", &made.cert), one("key.pem", &made.key))
}

pub(crate) type Client = StreamOwned<ClientConnection, TcpStream>;

/// A finished handshake.
pub(crate) fn connect(
    mut stream: TcpStream,
    trusted: &Made,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(HOST).unwrap()).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(client, stream))
}

/// Sends bytes and reads the answer, to the connection's end.
pub(crate) fn ask(client: &mut Client, bytes: &[u8]) -> Answer {
    // A server that refuses early may close before all was sent; its answer is there to be read all the same.
    let _ = client.write_all(bytes);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    Answer::parse(&answer)
}
