//! Faults that can be put into a state machine, to see whether its simulation finds them.
//!
//! A crate that has some declares them by [`mutants!`](crate::mutants!) in its module `mutants`, which exists only with its
//! feature of that name, and asks for them by [`mutant!`](crate::mutant!). Without the feature nothing of it is in the program.

/// Whether a fault of the crate that asks was put in; never without the crate's feature `mutants`.
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "each crate has faults of its own")]
macro_rules! mutant {
    ($name:ident) => {{
        #[cfg(feature = "mutants")]
        {
            crate::mutants::is_active(crate::mutants::Mutant::$name)
        }
        #[cfg(not(feature = "mutants"))]
        {
            false
        }
    }};
}

/// Declares the faults of one crate: an enum with all of them, `activate` and `is_active`.
///
/// A fault is active on one thread alone, so that several can be looked for side by side.
#[macro_export]
macro_rules! mutants {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[$doc])* $name,)*
        }

        impl Mutant {
            /// Each of them.
            pub const ALL: &[Mutant] = &[$(Mutant::$name,)*];
        }

        impl ::std::fmt::Display for Mutant {
            fn fmt(&self, out: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(out, "{self:?}")
            }
        }

        thread_local! {
            static ACTIVE: ::std::cell::Cell<Option<Mutant>> = const { ::std::cell::Cell::new(None) };
        }

        /// Puts a fault into all that runs on this thread from now on, or takes it out.
        pub fn activate(mutant: Option<Mutant>) {
            ACTIVE.set(mutant);
        }

        pub(crate) fn is_active(mutant: Mutant) -> bool {
            ACTIVE.get() == Some(mutant)
        }
    };
}
