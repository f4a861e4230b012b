//! The operating system's randomness.

use rand_core::UnwrapErr;

/// Panics where the system has no randomness to give: there is nothing that could then be done safely.
pub(crate) type Random = UnwrapErr<getrandom::SysRng>;

/// The one source.
pub(crate) const fn random() -> Random {
    UnwrapErr(getrandom::SysRng)
}
