//! Who answers the requests that a listener takes.

use std::sync::Arc;

use kraft_bridge_metadata::authorizer::Authorizer;
use kraft_bridge_metadata::image::ScramCredential;
use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_protocol::Timestamp;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ApiVersion, FinalizedFeature, SupportedFeature};
use kraft_bridge_protocol::wire::Blob;

use super::Caller;

/// Features of the node and of its cluster, as ApiVersions tells them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Features {
    /// Levels that this node supports; none whose highest is 0.
    pub(crate) supported: Vec<SupportedFeature>,
    /// Levels of the cluster; none that is 0.
    pub(crate) finalized: Vec<FinalizedFeature>,
    /// Offset of the last record of the image that `finalized` is from, −1 if there is none yet.
    pub(crate) finalized_epoch: i64,
}

/// A delegation token as a login needs it (KIP-48).
pub(crate) struct LoginToken {
    /// Principal that it acts for.
    pub(crate) owner: String,
    /// Its secret.
    pub(crate) secret: Blob,
    /// When it ends.
    pub(crate) expires: Timestamp,
}

/// Answers requests. The listener itself answers those that log in or ask for versions.
pub(crate) trait Handler: Send + Sync + 'static {
    /// What is answered: asked once, when the listener opens. A request of any other API or version closes its
    /// connection.
    fn apis(&self) -> Vec<ApiVersion>;

    /// Asked whenever a caller asks for versions.
    fn features(&self) -> Features;

    /// Who decides what callers may do, with the ACLs of the newest image; `None` if everybody may do everything.
    /// Asked for every request, so it had better be at hand.
    fn authorizer(&self) -> Option<Arc<Authorizer>>;

    /// The credential of a user who logs in by SCRAM, from the newest image.
    fn scram_credential(&self, mechanism: ScramMechanism, user: &str) -> Option<ScramCredential>;

    /// The delegation token of this id that somebody logs in by, from the newest image.
    fn login_token(&self, token_id: &str) -> Option<LoginToken>;

    /// Answers a request that its caller may make: of an API and version that [`Handler::apis`] names, with the answer
    /// of the same API.
    ///
    /// The future is dropped when the caller hangs up or the listener closes, at any await.
    fn handle(
        &self,
        caller: &Caller,
        version: i16,
        request: AnyRequest,
    ) -> impl Future<Output = AnyResponse> + Send;
}
