//! Faults that can be put into a state machine, to see whether its simulation finds them. Never part of a product: without
//! the feature `mutants` neither this module nor a trace of it is there.

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
