//! One row of the table as OpenAPI writes it.

use satchel_api::{Code, header, problem};
use utoipa::PartialSchema as _;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Ref, Required, ResponseBuilder};

use super::{ANYWHERE, Answer, Body, Operation};

impl Operation {
    pub(super) fn build(&self) -> utoipa::openapi::path::Operation {
        let mut operation = OperationBuilder::new().summary(Some(self.summary));
        if self.path.contains("{id}") {
            operation = operation.parameter(
                ParameterBuilder::new()
                    .name("id")
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(String::schema()))
                    .description(Some("16 bytes in base64url without padding: 22 characters")),
            );
        }
        if self.path.contains("{number}") {
            operation = operation.parameter(
                ParameterBuilder::new()
                    .name("number")
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(u32::schema()))
                    .description(Some("which of the document's links, from 1")),
            );
        }
        if let Some(name) = self.body {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
            let body = RequestBodyBuilder::new()
                .content("application/json", body)
                .required(Some(Required::True));
            operation = operation.request_body(Some(body.build()));
        }
        // What a checksum may be sent of: the container, or a part of it.
        if self.headers.contains(&"?Upload-Checksum") {
            let octets = ContentBuilder::new().build();
            let body = RequestBodyBuilder::new().content(header::OFFSET_OCTET_STREAM, octets);
            operation = operation.request_body(Some(body.build()));
        }
        for header in self.headers {
            let (name, required) = header
                .strip_prefix('?')
                .map_or((*header, Required::True), |name| (name, Required::False));
            operation = operation.parameter(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Header)
                    .required(required)
                    .schema(Some(String::schema())),
            );
        }
        if let Some(role) = self.bearer {
            operation = operation.security(SecurityRequirement::new(role, Vec::<String>::new()));
        }
        for answer in self.answers {
            operation = operation.response(answer.status.to_string(), answer.build());
        }
        for (status, words) in by_status(self.refusals.iter().chain(ANYWHERE)) {
            let body = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let refusal = ResponseBuilder::new()
                .description(words.join(", "))
                .content(problem::MEDIA_TYPE, body);
            operation = operation.response(status.to_string(), refusal.build());
        }
        operation.build()
    }
}

impl Answer {
    fn build(&self) -> utoipa::openapi::Response {
        let response = ResponseBuilder::new().description(self.what);
        match self.body {
            Body::Empty => response.build(),
            Body::Json(name) => {
                let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
                response.content("application/json", body).build()
            }
            Body::Of(media_type) => response.content(media_type, ContentBuilder::new().build()).build(),
        }
    }
}

fn by_status<'a>(codes: impl Iterator<Item = &'a Code>) -> std::collections::BTreeMap<u16, Vec<&'static str>> {
    let mut words = std::collections::BTreeMap::<u16, Vec<&'static str>>::new();
    for code in codes {
        words.entry(code.status()).or_default().push(code.as_str());
    }
    words
}
