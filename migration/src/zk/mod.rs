//! The live ensemble: how to reach it, and how it is read.
//!
//! Everything that needs a runtime, TLS or SASL is behind the feature `live`.

#[cfg(any(feature = "live", test))]
mod estimate;
#[cfg(feature = "live")]
mod follow;
#[cfg(feature = "live")]
mod live;
mod options;
#[cfg(any(feature = "live", test))]
mod outline;
#[cfg(any(feature = "live", test))]
mod passes;
#[cfg(any(feature = "live", test))]
mod pieces;
#[cfg(feature = "live")]
mod probe;
#[cfg(feature = "live")]
mod reads;
#[cfg(feature = "live")]
mod session;
#[cfg(feature = "live")]
mod throttle;
#[cfg(feature = "live")]
mod tls;
mod uri;
#[cfg(any(feature = "live", test))]
mod walk;

#[cfg(feature = "live")]
pub use follow::FollowedEnsemble;
#[cfg(feature = "live")]
pub use live::LiveEnsemble;
pub use options::{ConnectOptions, DigestCredentials, JUTE_MAXBUFFER, TlsOptions};
pub use uri::{EnsembleUri, EnsembleUriError, SCHEME};
