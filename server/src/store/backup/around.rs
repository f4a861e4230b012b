//! What a backup holds besides items: which store it is of, invites, blocked ids, and the runs that it needs.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::error::BackupError;
use super::format::State;
use crate::lifecycle::hour_of;
use crate::store::item::Invite;

/// All but the items.
pub(super) fn around(conn: &Connection, before: &State, now: u64) -> Result<State, BackupError> {
    let columns = Invite::COLUMNS;
    let mut query = conn.prepare_cached(&format!(
        "SELECT {columns} FROM invite WHERE expires_at > ?1 ORDER BY number"
    ))?;
    let invites = query.query_map([now], Invite::read)?;
    let invites = invites.collect::<Result<_, _>>()?;
    let mut query = conn.prepare_cached("SELECT id FROM blocked ORDER BY id")?;
    let blocked = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(State {
        store: store_of(conn)?,
        made: hour_of(now),
        previous: before.previous,
        runs: before.runs.clone(),
        invites,
        blocked,
        ..State::default()
    })
}

/// Earlier runs that hold nothing live are not needed any more.
pub(super) fn forget_runs(state: &mut State) {
    let mut used: HashSet<u32> = state.gone.iter().map(|gone| gone.run).collect();
    // Of a million items most lie in the same run as the one before.
    used.extend(
        state
            .kept
            .chunk_by(|one, next| one.run == next.run)
            .map(|same| same[0].run),
    );
    state.runs.retain(|(run, _)| used.contains(run));
}

/// Which store it is: SHA-256 of its id.
pub(super) fn store_of(conn: &Connection) -> Result<[u8; 32], BackupError> {
    let id: Vec<u8> = conn.query_row("SELECT value FROM store WHERE name = 'id'", [], |row| row.get(0))?;
    Ok(Sha256::digest(id).into())
}

/// Whether the last server kept its keys in memory.
pub(super) fn keys_are_in_memory(conn: &Connection) -> Result<bool, BackupError> {
    let place: Option<String> = conn
        .query_row("SELECT value FROM store WHERE name = 'keys'", [], |row| row.get(0))
        .optional()?;
    Ok(place.as_deref() == Some("memory"))
}
