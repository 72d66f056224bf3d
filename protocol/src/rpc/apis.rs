//! Every API that a controller may be asked with: one table for the headers, the bodies and the answers to ApiVersions.
//!
//! Source: `ApiKeys` of Kafka 3.9.2 and 4.3.1, whose lists are in `fixtures/rpc`.

use std::ops::RangeInclusive;

use super::*;
use crate::messages::EncodeError;
use crate::wire::{Reader, WireError, WireProblem};

/// An API that controllers announce.
#[derive(Debug)]
pub struct Api {
    /// Its number.
    pub key: u32,
    /// Its name, as Kafka prints it.
    pub name: &'static str,
    /// Versions that a controller of Kafka 3.9.2 announces.
    pub kafka_3_9: Option<RangeInclusive<i16>>,
    /// Versions that a controller of Kafka 4.3.1 announces.
    pub kafka_4_3: Option<RangeInclusive<i16>>,
    /// First version that is flexible (KIP-482); [`i16::MAX`] if none is.
    pub flexible_since: i16,
    /// Versions whose bodies this module reads and writes.
    pub known: Option<RangeInclusive<i16>>,
}

impl Api {
    /// The API with this key, if a controller of Kafka's has it.
    pub fn of(api_key: i16) -> Option<&'static Api> {
        APIS.iter().find(|api| i64::from(api.key) == i64::from(api_key))
    }

    /// What a server that answers this API says of it to who asks for versions; `None` if this module does not know it.
    pub fn versions(&self) -> Option<ApiVersion> {
        let known = self.known.as_ref()?;
        Some(ApiVersion {
            api_key: i16::try_from(self.key).expect("keys of APIs are small"),
            min_version: *known.start(),
            max_version: *known.end(),
            ..Default::default()
        })
    }
}

macro_rules! apis {
    (
        known { $( $name:ident ($request:ident) $kafka_3_9:expr, $kafka_4_3:expr; )* }
        unknown { $( $other:ident, key $key:literal, flexible since $since:literal: $other_3_9:expr, $other_4_3:expr; )* }
    ) => {
        /// Every API.
        pub const APIS: &[Api] = &[
            $( Api {
                key: $request::KEY,
                name: stringify!($name),
                kafka_3_9: $kafka_3_9,
                kafka_4_3: $kafka_4_3,
                flexible_since: $request::FLEXIBLE_SINCE,
                known: Some($request::VERSIONS),
            }, )*
            $( Api {
                key: $key,
                name: stringify!($other),
                kafka_3_9: $other_3_9,
                kafka_4_3: $other_4_3,
                flexible_since: $since,
                known: None,
            }, )*
        ];

        /// A request of any API.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each is the request of the same name")]
        pub enum AnyRequest { $( $name($request), )* }

        impl AnyRequest {
            /// Its API.
            pub fn api(&self) -> &'static Api {
                let key = match self { $( AnyRequest::$name(_) => $request::KEY, )* };
                APIS.iter().find(|api| api.key == key).expect("the table holds every API")
            }

            /// The answer in a frame's content, to this request as it was sent.
            ///
            /// # Errors
            ///
            /// As [`decode_response`].
            pub fn decode_response(
                &self,
                bytes: &[u8],
                version: i16,
                correlation_id: i32,
            ) -> Result<AnyResponse, ResponseError> {
                Ok(match self {
                    $( AnyRequest::$name(_) => {
                        AnyResponse::$name(decode_response::<$request>(bytes, version, correlation_id)?)
                    } )*
                })
            }

            /// Reads the body that follows `header`, to the end of the frame.
            ///
            /// # Errors
            ///
            /// [`WireError`] when the API or its version is not known, or the bytes are not such a body.
            pub fn decode(header: &RequestHeader, reader: &mut Reader<'_>) -> Result<AnyRequest, WireError> {
                let version = header.api_version;
                let request = match u32::try_from(header.api_key) {
                    $( Ok($request::KEY) => AnyRequest::$name($request::decode(version, reader)?), )*
                    _ => return Err(unknown(header.api_key, reader)),
                };
                reader.finish()?;
                Ok(request)
            }

            /// A whole frame with the request.
            ///
            /// # Errors
            ///
            /// As [`request_frame`].
            pub fn frame(
                &self,
                version: i16,
                correlation_id: i32,
                client_id: Option<&str>,
            ) -> Result<Vec<u8>, EncodeError> {
                match self {
                    $( AnyRequest::$name(request) => request_frame(request, version, correlation_id, client_id), )*
                }
            }
        }

        /// An answer of any API.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each is the answer to the request of the same name")]
        pub enum AnyResponse { $( $name(<$request as Request>::Response), )* }

        impl AnyResponse {
            /// Reads the body of an answer, to the end of the frame.
            ///
            /// # Errors
            ///
            /// As [`AnyRequest::decode`].
            pub fn decode(api_key: i16, version: i16, reader: &mut Reader<'_>) -> Result<AnyResponse, WireError> {
                let response = match u32::try_from(api_key) {
                    $( Ok($request::KEY) => AnyResponse::$name(Message::decode(version, reader)?), )*
                    _ => return Err(unknown(api_key, reader)),
                };
                reader.finish()?;
                Ok(response)
            }

            /// A whole frame with the answer to a request of this version.
            ///
            /// # Errors
            ///
            /// As [`response_frame`].
            pub fn frame(&self, version: i16, correlation_id: i32) -> Result<Vec<u8>, EncodeError> {
                match self {
                    $( AnyResponse::$name(response) => response_frame::<$request>(response, version, correlation_id), )*
                }
            }
        }
    };
}

fn unknown(api_key: i16, reader: &Reader<'_>) -> WireError {
    reader.error(WireProblem::OutOfRange {
        field: "api_key",
        value: i64::from(api_key),
    })
}

apis! {
    known {
        //                                                         3.9.2         4.3.1
        Fetch (FetchRequest)                                       Some(0..=17), Some(4..=18);
        SaslHandshake (SaslHandshakeRequest)                       Some(0..=1),  Some(0..=1);
        ApiVersions (ApiVersionsRequest)                           Some(0..=4),  Some(0..=4);
        CreateTopics (CreateTopicsRequest)                         Some(0..=7),  Some(2..=7);
        DeleteTopics (DeleteTopicsRequest)                         Some(0..=6),  Some(1..=6);
        DescribeAcls (DescribeAclsRequest)                         Some(0..=3),  Some(1..=3);
        CreateAcls (CreateAclsRequest)                             Some(0..=3),  Some(1..=3);
        DeleteAcls (DeleteAclsRequest)                             Some(0..=3),  Some(1..=3);
        DescribeConfigs (DescribeConfigsRequest)                   Some(0..=4),  Some(1..=4);
        AlterConfigs (AlterConfigsRequest)                         Some(0..=2),  Some(0..=2);
        SaslAuthenticate (SaslAuthenticateRequest)                 Some(0..=2),  Some(0..=2);
        CreatePartitions (CreatePartitionsRequest)                 Some(0..=3),  Some(0..=3);
        CreateDelegationToken (CreateDelegationTokenRequest)       Some(0..=3),  Some(1..=3);
        RenewDelegationToken (RenewDelegationTokenRequest)         Some(0..=2),  Some(1..=2);
        ExpireDelegationToken (ExpireDelegationTokenRequest)       Some(0..=2),  Some(1..=2);
        ElectLeaders (ElectLeadersRequest)                         Some(0..=2),  Some(0..=2);
        IncrementalAlterConfigs (IncrementalAlterConfigsRequest)   Some(0..=1),  Some(0..=1);
        Vote (VoteRequest)                                         Some(0..=1),  Some(0..=2);
        BeginQuorumEpoch (BeginQuorumEpochRequest)                 Some(0..=1),  Some(0..=1);
        EndQuorumEpoch (EndQuorumEpochRequest)                     Some(0..=1),  Some(0..=1);
        DescribeQuorum (DescribeQuorumRequest)                     Some(0..=2),  Some(0..=2);
        AlterClientQuotas (AlterClientQuotasRequest)               Some(0..=1),  Some(0..=1);
        AlterUserScramCredentials (AlterUserScramCredentialsRequest) Some(0..=0), Some(0..=0);
        AlterPartitionReassignments (AlterPartitionReassignmentsRequest) Some(0..=0), Some(0..=1);
        ListPartitionReassignments (ListPartitionReassignmentsRequest) Some(0..=0), Some(0..=0);
        AlterPartition (AlterPartitionRequest)                     Some(0..=3),  Some(2..=3);
        UpdateFeatures (UpdateFeaturesRequest)                     Some(0..=1),  Some(0..=2);
        Envelope (EnvelopeRequest)                                 Some(0..=0),  Some(0..=0);
        FetchSnapshot (FetchSnapshotRequest)                       Some(0..=1),  Some(0..=1);
        DescribeCluster (DescribeClusterRequest)                   Some(0..=1),  Some(0..=2);
        BrokerRegistration (BrokerRegistrationRequest)             Some(0..=4),  Some(0..=4);
        BrokerHeartbeat (BrokerHeartbeatRequest)                   Some(0..=1),  Some(0..=2);
        UnregisterBroker (UnregisterBrokerRequest)                 Some(0..=0),  Some(0..=0);
        AllocateProducerIds (AllocateProducerIdsRequest)           Some(0..=0),  Some(0..=0);
        ControllerRegistration (ControllerRegistrationRequest)     Some(0..=0),  Some(0..=0);
        AssignReplicasToDirs (AssignReplicasToDirsRequest)         Some(0..=0),  Some(0..=0);
        AddRaftVoter (AddRaftVoterRequest)                         Some(0..=0),  Some(0..=1);
        RemoveRaftVoter (RemoveRaftVoterRequest)                   Some(0..=0),  Some(0..=0);
        UpdateRaftVoter (UpdateRaftVoterRequest)                   Some(0..=0),  Some(0..=0);
    }
    unknown {
        //                                                         3.9.2         4.3.1
        ControlledShutdown, key 7, flexible since 3:               Some(0..=3),  None;
        DescribeDelegationToken, key 41, flexible since 2:         Some(0..=3),  Some(1..=3);
        DescribeUserScramCredentials, key 50, flexible since 0:    Some(0..=0),  Some(0..=0);
    }
}
