//! What may become of a paste: (state, event, now) -> (state, effects). No I/O, no clock, no randomness.
