//! `satchel-server healthcheck`: one request to a running server, for a container without a shell.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use crate::config::Settings;
use crate::tls;

const PATIENCE: Duration = Duration::from_secs(3);
const QUESTION: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Why the server is not well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// Nobody answers.
    #[error("the server does not answer: {0}")]
    Silent(#[from] io::Error),
    /// It does not speak TLS as its settings have it.
    #[error("the server does not answer: {0}")]
    Tls(#[from] rustls::Error),
    /// It says that it is not well.
    #[error("the server is not well")]
    Unwell,
}

/// Asks `GET /healthz`, where and as the settings say that it listens.
///
/// # Errors
/// [`HealthError`].
pub fn ask(settings: &Settings) -> Result<(), HealthError> {
    let address = reachable(settings.listen);
    let connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    if settings.tls.is_none() {
        return hear(connection);
    }
    let client = ClientConnection::new(Arc::new(this_machine()?), ServerName::IpAddress(address.ip().into()))?;
    hear(StreamOwned::new(client, connection))
}

fn hear(mut connection: impl Read + Write) -> Result<(), HealthError> {
    connection.write_all(QUESTION)?;
    let mut answer = Vec::new();
    connection.take(4096).read_to_end(&mut answer)?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(HealthError::Unwell)
    }
}

/// Who listens on every address is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn this_machine() -> Result<ClientConfig, rustls::Error> {
    let provider = tls::provider();
    Ok(ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth())
}

/// Takes every certificate. What is asked and answered here is no secret, and does not leave the machine; and a certificate that has expired must
/// not look like a server that is down, or it would be started anew for ever. The doctor looks at certificates.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
