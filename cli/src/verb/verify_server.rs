//! `satchel verify-server`: whether a server hands out the page that this command was built with.

use std::time::Duration;

use satchel_client::Base;
use serde_json::json;

use super::print;
use crate::args::VerifyServer;
use crate::built::{Built, hash_in_groups};
use crate::comparing::Found;
use crate::failure::Failure;
use crate::visit::{Judged, Visit};

/// What takes longer than a day is not waited for.
const WITHIN_SECS_MAX: u64 = 86_400;
/// Groups of the manifest's hash that are shown, here and on the page.
const GROUPS_SHOWN: usize = 8;

/// Compares, and says so in one line.
pub(crate) fn verify_server(options: VerifyServer) -> Result<(), Failure> {
    let base = Base::parse(&options.server)?;
    let within = Duration::from_secs(options.within.0.min(WITHIN_SECS_MAX));
    let visit = Visit::begin(&base, within)?;
    let built = Built::page()?;
    let (manifest, judged) = visit.judge(&built)?;
    if options.json {
        print::json(&as_json(&base, &built, &manifest, &judged))?;
    }
    match judged {
        Judged::Same if options.json => Ok(()),
        Judged::Same => {
            let hash = hash_in_groups(&manifest)[..GROUPS_SHOWN].join(" ");
            let version = &built.manifest.version;
            print::line(format_args!(
                "satchel: {base} serves the page of Satchel {version}, as built into this command (manifest {hash})"
            ))
        }
        Judged::Differs(found) => Err(Failure::PageDiffers {
            version: built.manifest.version,
            what: summary(&found),
            base,
        }),
        Judged::OtherVersion(theirs) => Err(Failure::PageOfOtherVersion {
            ours: built.manifest.version,
            theirs,
            base,
        }),
        Judged::OtherToolchain { ours, theirs } => Err(Failure::PageOfOtherToolchain {
            version: built.manifest.version,
            ours,
            theirs,
            base,
        }),
        Judged::NoManifest => Err(Failure::NoManifest(base)),
    }
}

/// The first difference, and how many more there are.
fn summary(found: &[Found]) -> String {
    let first = found.first().map_or_else(String::new, Found::to_string);
    match found.len() {
        0 | 1 => first,
        2 => format!("{first}, and 1 difference more"),
        count => format!("{first}, and {} differences more", count - 1),
    }
}

fn as_json(base: &Base, built: &Built, manifest: &[u8], judged: &Judged) -> serde_json::Value {
    let (verdict, found) = match judged {
        Judged::Same => ("same", &[][..]),
        Judged::Differs(found) => ("differs", found.as_slice()),
        Judged::OtherVersion(_) => ("other_version", &[][..]),
        Judged::OtherToolchain { .. } => ("other_toolchain", &[][..]),
        Judged::NoManifest => ("no_manifest", &[][..]),
    };
    let one = |found: &Found| {
        json!({
            "path": found.path,
            "code": found.difference.code(),
            "header": found.difference.header(),
            "asked_as": found.to,
        })
    };
    json!({
        "server": base.as_str(),
        "verdict": verdict,
        "version": built.manifest.version,
        "manifest_sha256": hash_in_groups(manifest).concat(),
        "built_in_sha256": hash_in_groups(built.text.as_bytes()).concat(),
        "differences": found.iter().map(one).collect::<Vec<_>>(),
    })
}
