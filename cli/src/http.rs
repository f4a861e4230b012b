//! HTTP for the client's flows, by `ureq`: TLS in Rust with Mozilla's roots, no redirect, no cookie, nothing cached.

use std::io::Read as _;
use std::time::Duration;

use satchel_client::platform::HEADERS_READ;
use satchel_client::{Answer, Base, Body, Request, Transport, Unreachable};
use ureq::http;
use ureq::{Agent, Proxy, ProxyProtocol, RequestExt as _};

use crate::failure::Failure;

/// A pause in a transfer that lasts longer is a broken connection.
const SILENCE: Duration = Duration::from_secs(60);
const CONNECTING: Duration = Duration::from_secs(30);

/// Connections to one server.
pub(crate) struct Http(Agent);

impl Http {
    /// For `base`. A proxy of the environment (`ALL_PROXY=socks5h://...` leads to onion services) is used, but never for this machine.
    ///
    /// An onion service is asked through a proxy that looks its name up, or not at all: whoever answers for the name on the network
    /// would else be sent the tokens, in the clear where it is http.
    pub(crate) fn to(base: &Base) -> Result<Self, Failure> {
        let proxy = Proxy::try_from_env().filter(|_| !base.is_here());
        if base.is_onion() && !proxy.as_ref().is_some_and(|proxy| leads_to_onions(proxy, base)) {
            return Err(Failure::OnionWithoutTor);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent("")
            .timeout_connect(Some(CONNECTING))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .build();
        Ok(Self(config.into()))
    }
}

impl Http {
    /// A plain `GET` with `headers`, over within `time`, the body's reading included.
    pub(crate) fn visit(
        &self,
        url: &str,
        headers: &[(&'static str, &'static str)],
        time: Duration,
    ) -> Result<http::Response<ureq::Body>, Unreachable> {
        let mut building = http::Request::get(url);
        for (name, value) in headers {
            building = building.header(*name, *value);
        }
        let request = building.body(()).map_err(|_| Unreachable)?;
        let asking = request.with_agent(&self.0).configure().timeout_global(Some(time));
        asking.run().map_err(|_| Unreachable)
    }
}

fn leads_to_onions(proxy: &Proxy, base: &Base) -> bool {
    let exempt = base.origin().parse().is_ok_and(|uri| proxy.is_no_proxy(&uri));
    let looks_up = matches!(proxy.protocol(), ProxyProtocol::Socks5h | ProxyProtocol::Socks4A);
    looks_up && !proxy.resolve_target() && !exempt
}

impl Transport for Http {
    type Body = Arriving;

    async fn send(&self, request: Request<'_>) -> Result<Answer<Arriving>, Unreachable> {
        let mut building = http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            building = building.header(*name, value.as_str());
        }
        let takes_body = !matches!(request.method, "GET" | "HEAD" | "DELETE");
        let answer = match request.body {
            Some(body) => self.0.run(building.body(body).map_err(|_| Unreachable)?),
            None if takes_body => self.0.run(building.body(&[][..]).map_err(|_| Unreachable)?),
            None => self.0.run(building.body(()).map_err(|_| Unreachable)?),
        };
        let (head, body) = answer.map_err(|_| Unreachable)?.into_parts();
        let headers = HEADERS_READ.iter().filter_map(|name| {
            let value = head.headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        Ok(Answer {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: Arriving(body.into_with_config().limit(u64::MAX).reader()),
        })
    }
}

/// An answer's body.
pub(crate) struct Arriving(ureq::BodyReader<'static>);

impl Body for Arriving {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Unreachable> {
        let mut bytes = vec![0; 64 * 1024];
        let len = self.0.read(&mut bytes).map_err(|_| Unreachable)?;
        bytes.truncate(len);
        Ok((len > 0).then_some(bytes))
    }
}
