//! Secrets: one newtype per role, on the heap (moves leave no copies), wiped on drop, compared in constant time.
//!
//! They have no Clone, Debug, Display, `PartialEq`, Deref; each has one crate-private `expose()`, so that a search lists every use.

macro_rules! secret {
    ($(#[$doc:meta])+ $vis:vis struct $name:ident([u8; $len:expr]);) => {
        $(#[$doc])+
        $vis struct $name(alloc::boxed::Box<[u8; $len]>);

        impl $name {
            /// Filled in place.
            #[allow(dead_code)]
            pub(crate) fn fill(fill: impl FnOnce(&mut [u8; $len])) -> Self {
                let mut secret = Self(alloc::boxed::Box::new([0; $len]));
                fill(&mut secret.0);
                secret
            }

            /// Fresh random bytes.
            #[allow(dead_code)]
            pub(crate) fn random(rng: &mut (impl rand_core::CryptoRng + ?Sized)) -> Self {
                Self::fill(|bytes| rng.fill_bytes(bytes))
            }

            #[allow(dead_code)]
            pub(crate) fn expose(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                zeroize::Zeroize::zeroize(self.0.as_mut_slice());
            }
        }

        impl zeroize::ZeroizeOnDrop for $name {}

        impl subtle::ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> subtle::Choice {
                self.0.as_slice().ct_eq(other.0.as_slice())
            }
        }
    };
}
pub(crate) use secret;

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
