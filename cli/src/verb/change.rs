//! `satchel change`: how a paste ends, from now on.

use satchel_client::api::{PolicyChange, Receipt as State};
use satchel_client::{change_link_policy, change_policy, receipt_status, reset_wait};

use super::burn::{Held, held, others, sentence};
use super::link::{number_of, with};
use super::print;
use crate::args::Change;
use crate::failure::Failure;

/// Changes it, and says how it stands then.
pub(crate) fn change(options: Change) -> Result<(), Failure> {
    let change = PolicyChange {
        expires_in: options.expires.map(|expires| expires.0),
        reads_left: options.reads,
    };
    let changes = change != PolicyChange::default();
    if !changes && !options.end_wait {
        return Err(Failure::ChangeWhat);
    }
    let (base, receipt) = held(options.receipt, &options.server)?;
    let state = match (&receipt, &options.link) {
        (Held::One(_), Some(_)) => return Err(Failure::NotAnOwner),
        (Held::Several(_), None) => return Err(Failure::WhichLink),
        (Held::Several(owner), Some(link)) => {
            let number = number_of(&base, owner, link)?;
            with(&base, |context| {
                pollster::block_on(change_link_policy(context, owner, number, change))
            })
        }
        (Held::One(receipt), None) => with(&base, |context| {
            pollster::block_on(async {
                if options.end_wait {
                    reset_wait(context, receipt).await?;
                }
                if changes {
                    change_policy(context, receipt, change).await
                } else {
                    receipt_status(context, receipt).await
                }
            })
        }),
    }?;
    told(&state, options.json)
}

fn told(state: &State, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print::json(&serde_json::json!(state));
    }
    print::line(sentence(state))?;
    others(state, "")
}
