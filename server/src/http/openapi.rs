//! The OpenAPI 3.1 document: each route, what it takes, and each status that it can answer with. docs/api.md says the rest.
//!
//! Built from one table; the test-suite holds every answer it sees against it.

use satchel_api::{Code, Config, PasteState, Probed, Problem, Receipt, route};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, Paths, RefOr};
use utoipa::{PartialSchema, ToSchema};

mod documents;
mod operation;

struct Operation {
    path: &'static str,
    method: HttpMethod,
    summary: &'static str,
    /// Header names; one that begins with `?` may be left out.
    headers: &'static [&'static str],
    bearer: Option<&'static str>,
    /// The schema of a body in JSON.
    body: Option<&'static str>,
    answers: &'static [Answer],
    refusals: &'static [Code],
}

struct Answer {
    status: u16,
    what: &'static str,
    body: Body,
}

enum Body {
    Empty,
    Json(&'static str),
    Of(&'static str),
}

const fn empty(status: u16, what: &'static str) -> Answer {
    Answer {
        status,
        what,
        body: Body::Empty,
    }
}

const fn json(what: &'static str, schema: &'static str) -> Answer {
    Answer {
        status: 200,
        what,
        body: Body::Json(schema),
    }
}

const fn bytes(status: u16, what: &'static str) -> Answer {
    Answer {
        status,
        what,
        body: Body::Of("application/octet-stream"),
    }
}

/// What any request may be refused with, whatever its route.
const ANYWHERE: &[Code] = &[
    Code::InvalidRequest,
    Code::MethodNotAllowed,
    Code::RequestTimeout,
    Code::HeadersTooLarge,
    Code::Internal,
    Code::Unavailable,
];

const CAPABILITIES: &[Answer] = &[empty(
    204,
    "Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm",
)];

const OPERATIONS: &[Operation] = &[
    Operation {
        path: route::HEALTH,
        method: HttpMethod::Get,
        summary: "Whether the last write and read went well; writes nothing",
        headers: &[],
        bearer: None,
        body: None,
        answers: &[Answer {
            status: 200,
            what: "ok; ok, a jump of the clock is held",
            body: Body::Of("text/plain"),
        }],
        refusals: &[],
    },
    Operation {
        path: route::CONFIG,
        method: HttpMethod::Get,
        summary: "Limits, expiry bounds, defaults, version",
        headers: &[],
        bearer: None,
        body: None,
        answers: &[json("what this server allows", "Config")],
        refusals: &[],
    },
    Operation {
        path: route::OPENAPI,
        method: HttpMethod::Get,
        summary: "This document",
        headers: &[],
        bearer: None,
        body: None,
        answers: &[Answer {
            status: 200,
            what: "OpenAPI 3.1",
            body: Body::Of("application/json"),
        }],
        refusals: &[],
    },
    Operation {
        path: route::PASTES,
        method: HttpMethod::Options,
        summary: "What of tus 1.0 is spoken",
        headers: &[],
        bearer: None,
        body: None,
        answers: CAPABILITIES,
        refusals: &[],
    },
    Operation {
        path: route::PASTES,
        method: HttpMethod::Post,
        summary: "Creates a paste, with its container or the beginning of it as the body",
        headers: &[
            "Tus-Resumable",
            "Upload-Length",
            "Upload-Metadata",
            "?Upload-Checksum",
            "?Satchel-Invite",
            "?Satchel-Work",
        ],
        bearer: None,
        body: None,
        answers: &[empty(
            201,
            "Location, Upload-Offset, Upload-Expires; also for a repeated creation of the same paste",
        )],
        refusals: &[
            Code::InviteRequired,
            Code::IdTaken,
            Code::Burned,
            Code::TusVersion,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::PolicyNotAllowed,
            Code::RateLimited,
            Code::WorkRequired,
            Code::ChecksumMismatch,
            Code::StorageFull,
        ],
    },
    Operation {
        path: route::PASTE,
        method: HttpMethod::Options,
        summary: "What of tus 1.0 is spoken",
        headers: &[],
        bearer: None,
        body: None,
        answers: CAPABILITIES,
        refusals: &[],
    },
    Operation {
        path: route::PASTE,
        method: HttpMethod::Head,
        summary: "Where an upload stands",
        headers: &["Tus-Resumable"],
        bearer: Some("receipt"),
        body: None,
        answers: &[empty(200, "Upload-Offset, Upload-Length, Upload-Expires")],
        refusals: &[Code::NotFound, Code::Burned, Code::TusVersion],
    },
    Operation {
        path: route::PASTE,
        method: HttpMethod::Patch,
        summary: "Continues an upload",
        headers: &["Tus-Resumable", "Upload-Offset", "?Upload-Checksum"],
        bearer: Some("receipt"),
        body: None,
        answers: &[empty(204, "Upload-Offset, Upload-Expires")],
        refusals: &[
            Code::NotFound,
            Code::OffsetMismatch,
            Code::Burned,
            Code::TusVersion,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::ChecksumMismatch,
            Code::StorageFull,
        ],
    },
    Operation {
        path: route::PASTE,
        method: HttpMethod::Post,
        summary: "PATCH or DELETE by X-HTTP-Method-Override, as tus asks; answers as those do",
        headers: &[
            "X-HTTP-Method-Override",
            "?Tus-Resumable",
            "?Upload-Offset",
            "?Upload-Checksum",
        ],
        bearer: Some("receipt"),
        body: None,
        answers: &[empty(204, "done")],
        refusals: &[
            Code::NotFound,
            Code::OffsetMismatch,
            Code::Burned,
            Code::TusVersion,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::ChecksumMismatch,
            Code::StorageFull,
        ],
    },
    Operation {
        path: route::PASTE,
        method: HttpMethod::Delete,
        summary: "Burns, an unfinished upload too, and ends all leases",
        headers: &["?Tus-Resumable"],
        bearer: Some("receipt"),
        body: None,
        answers: &[empty(204, "gone, now or before")],
        refusals: &[Code::NotFound, Code::TusVersion],
    },
    Operation {
        path: route::RECEIPT,
        method: HttpMethod::Get,
        summary: "How a paste stands, for its creator",
        headers: &[],
        bearer: Some("receipt"),
        body: None,
        answers: &[json("its state", "Receipt")],
        refusals: &[Code::NotFound],
    },
    Operation {
        path: route::RESET_WAIT,
        method: HttpMethod::Post,
        summary: "Forgets the wrong passphrases and their wait",
        headers: &[],
        bearer: Some("receipt"),
        body: None,
        answers: &[empty(204, "forgotten")],
        refusals: &[Code::NotFound, Code::Burned],
    },
    Operation {
        path: route::PROBE,
        method: HttpMethod::Post,
        summary: "Asks without using up; changes nothing",
        headers: &[],
        bearer: Some("probe"),
        body: None,
        answers: &[json("what a reader may know before the claim", "Probed")],
        refusals: &[Code::NotFound, Code::Burned],
    },
    Operation {
        path: route::CLAIM,
        method: HttpMethod::Post,
        summary: "Uses up one read and answers with the container; repeated with the same lease token it costs nothing",
        headers: &["Satchel-Probe", "Satchel-Lease"],
        bearer: Some("claim"),
        body: None,
        answers: &[bytes(200, "the container; Satchel-Reads-Left, Satchel-Lease-Ends")],
        refusals: &[
            Code::WrongPassphrase,
            Code::NotFound,
            Code::Burned,
            Code::LeaseEnded,
            Code::Wait,
            Code::TooManyLeases,
        ],
    },
    Operation {
        path: route::CONTENT,
        method: HttpMethod::Get,
        summary: "The container again, under a lease",
        headers: &["?Range"],
        bearer: Some("lease"),
        body: None,
        answers: &[
            bytes(200, "the container; Satchel-Lease-Ends"),
            bytes(206, "the range that was asked for; Content-Range"),
        ],
        refusals: &[
            Code::NotFound,
            Code::LeaseEnded,
            Code::Burned,
            Code::RangeNotSatisfiable,
        ],
    },
    Operation {
        path: route::CONFIRM,
        method: HttpMethod::Post,
        summary: "Ends the lease: its holder has everything. With no read left and no lease running the paste burns",
        headers: &[],
        bearer: Some("lease"),
        body: None,
        answers: &[empty(204, "ended")],
        refusals: &[Code::NotFound, Code::LeaseEnded],
    },
];

/// The document as JSON.
#[must_use]
pub(super) fn document() -> String {
    let mut paths = Paths::new();
    for operation in OPERATIONS.iter().chain(documents::OPERATIONS) {
        paths.add_path_operation(operation.path, vec![operation.method.clone()], operation.build());
    }
    let document: OpenApi = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Satchel")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("An encrypted document vault and burn-after-reading paste service. docs/api.md is the specification."))
                .build(),
        )
        .paths(paths)
        .components(Some(components()))
        .build();
    document.to_json().unwrap_or_default()
}

fn components() -> Components {
    let mut components = Components::new();
    let mut schemas = vec![
        (Config::name().into_owned(), Config::schema()),
        (Probed::name().into_owned(), Probed::schema()),
        (Receipt::name().into_owned(), Receipt::schema()),
        (Problem::name().into_owned(), Problem::schema()),
        (PasteState::name().into_owned(), PasteState::schema()),
    ];
    <Problem as ToSchema>::schemas(&mut schemas);
    <Receipt as ToSchema>::schemas(&mut schemas);
    documents::schemas(&mut schemas);
    for (name, schema) in schemas {
        components.schemas.insert(name, schema);
    }
    for role in ["receipt", "owner", "panic", "probe", "claim", "lease"] {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(format!("The {role} token: 32 bytes in base64url without padding")))
            .build();
        components
            .security_schemes
            .insert(role.to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
    }
    components
}
