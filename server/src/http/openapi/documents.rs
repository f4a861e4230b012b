//! Documents with several links, and changes of policy.

use satchel_api::{Code, DocumentReceipt, LinksMade, LinksWanted, Panicked, PolicyChange, route};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Answer, Body, CAPABILITIES, Operation, bytes, empty, json};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: route::POLICY,
        method: HttpMethod::Post,
        summary: "Changes how a paste ends: its expiry both ways, its reads to fewer",
        headers: &[],
        bearer: Some("receipt"),
        body: Some("PolicyChange"),
        answers: &[json("how it stands from now on", "Receipt")],
        refusals: CHANGE_REFUSALS,
    },
    Operation {
        path: route::DOCUMENTS,
        method: HttpMethod::Options,
        summary: "What of tus 1.0 is spoken",
        headers: &[],
        bearer: None,
        body: None,
        answers: CAPABILITIES,
        refusals: &[],
    },
    Operation {
        path: route::DOCUMENTS,
        method: HttpMethod::Post,
        summary: "Creates a document that several links will lead to, with its payload or the beginning of it as the body",
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
            "Location, Upload-Offset, Upload-Expires; also for a repeated creation of the same document",
        )],
        refusals: &[
            Code::InviteRequired,
            Code::IdTaken,
            Code::Burned,
            Code::TusVersion,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::RateLimited,
            Code::WorkRequired,
            Code::ChecksumMismatch,
            Code::StorageFull,
        ],
    },
    Operation {
        path: route::DOCUMENT,
        method: HttpMethod::Options,
        summary: "What of tus 1.0 is spoken",
        headers: &[],
        bearer: None,
        body: None,
        answers: CAPABILITIES,
        refusals: &[],
    },
    Operation {
        path: route::DOCUMENT,
        method: HttpMethod::Head,
        summary: "Where the upload of a document stands",
        headers: &["Tus-Resumable"],
        bearer: Some("owner"),
        body: None,
        answers: &[empty(200, "Upload-Offset, Upload-Length, Upload-Expires")],
        refusals: &[Code::NotFound, Code::Burned, Code::TusVersion],
    },
    Operation {
        path: route::DOCUMENT,
        method: HttpMethod::Patch,
        summary: "Continues the upload of a document",
        headers: &["Tus-Resumable", "Upload-Offset", "?Upload-Checksum"],
        bearer: Some("owner"),
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
        path: route::DOCUMENT,
        method: HttpMethod::Delete,
        summary: "Burns a document with all its links",
        headers: &["?Tus-Resumable"],
        bearer: Some("owner"),
        body: None,
        answers: &[empty(204, "gone, now or before")],
        refusals: &[Code::NotFound, Code::TusVersion],
    },
    Operation {
        path: route::DOCUMENT_RECEIPT,
        method: HttpMethod::Get,
        summary: "How a document and each of its links stand, for its owner",
        headers: &[],
        bearer: Some("owner"),
        body: None,
        answers: &[json("its state", "DocumentReceipt")],
        refusals: &[Code::NotFound],
    },
    Operation {
        path: route::HEAD,
        method: HttpMethod::Get,
        summary: "The owner's head, to make more heads from",
        headers: &[],
        bearer: Some("owner"),
        body: None,
        answers: &[bytes(200, "the head")],
        refusals: &[Code::NotFound, Code::Burned],
    },
    Operation {
        path: route::LINKS,
        method: HttpMethod::Post,
        summary: "Makes links to a document that is whole: all of them, or none",
        headers: &["?Satchel-Invite", "?Satchel-Work"],
        bearer: Some("owner"),
        body: Some("LinksWanted"),
        answers: &[Answer {
            status: 201,
            what: "each link's number and expiry; also for a repeated request",
            body: Body::Json("LinksMade"),
        }],
        refusals: &[
            Code::InviteRequired,
            Code::NotFound,
            Code::IdTaken,
            Code::OffsetMismatch,
            Code::Burned,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::PolicyNotAllowed,
            Code::RateLimited,
            Code::WorkRequired,
            Code::StorageFull,
        ],
    },
    Operation {
        path: route::LINK,
        method: HttpMethod::Delete,
        summary: "Burns one link; the document goes with its last one",
        headers: &[],
        bearer: Some("owner"),
        body: None,
        answers: &[empty(204, "gone, now or before")],
        refusals: &[Code::NotFound],
    },
    Operation {
        path: route::PANIC,
        method: HttpMethod::Post,
        summary: "Burns everything that was made under a panic secret",
        headers: &[],
        bearer: Some("panic"),
        body: None,
        answers: &[json(
            "how many burned now; 0 also for a secret that nothing was made under",
            "Panicked",
        )],
        refusals: &[Code::RateLimited],
    },
    Operation {
        path: route::LINK_POLICY,
        method: HttpMethod::Post,
        summary: "Changes how one link ends",
        headers: &[],
        bearer: Some("owner"),
        body: Some("PolicyChange"),
        answers: &[json("how it stands from now on", "Receipt")],
        refusals: CHANGE_REFUSALS,
    },
];

const CHANGE_REFUSALS: &[Code] = &[
    Code::NotFound,
    Code::Burned,
    Code::TooLarge,
    Code::UnsupportedMediaType,
    Code::PolicyNotAllowed,
];

pub(super) fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((PolicyChange::name().into_owned(), PolicyChange::schema()));
    all.push((Panicked::name().into_owned(), Panicked::schema()));
    all.push((LinksWanted::name().into_owned(), LinksWanted::schema()));
    all.push((LinksMade::name().into_owned(), LinksMade::schema()));
    all.push((DocumentReceipt::name().into_owned(), DocumentReceipt::schema()));
    <LinksWanted as ToSchema>::schemas(all);
    <LinksMade as ToSchema>::schemas(all);
    <DocumentReceipt as ToSchema>::schemas(all);
}
