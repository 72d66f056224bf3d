//! `controller_mutation_rate`: how many partitions a client may have made and deleted a second.
//!
//! ```text
//!  rate ─▶ tokens (at most a window's worth) ─▶ partitions, which may take one time more than there are
//! ```
//!
//! Source: KIP-599.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_metadata::image::{ClientQuotas, QuotaEntity};
use kraft_bridge_protocol::rpc::{AnyRequest, ErrorCode};

use crate::decision::Refusal;
use crate::requester::Requester;

const RATE: &str = "controller_mutation_rate";
const USER: &str = "user";
const CLIENT_ID: &str = "client-id";
/// Seconds of the rate that may be saved up (`controller.quota.window.num`).
const WINDOW: f64 = 11.0;
/// So many clients are known before those that have all their tokens are forgotten.
const BUCKETS_MAX: usize = 1000;

/// Who shares tokens: a user, a client id, or both.
type Key = (Option<String>, Option<String>);

/// The tokens of all who have a quota.
#[derive(Debug, Default)]
pub(crate) struct Mutations(BTreeMap<Key, Bucket>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    rate: f64,
    tokens: f64,
    at: Duration,
}

impl Bucket {
    fn refill(&mut self, rate: f64, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * rate).min(rate * WINDOW);
        (self.rate, self.at) = (rate, now);
    }
}

/// What one request may change.
pub(crate) struct Allowance<'a> {
    bucket: Option<&'a mut Bucket>,
    /// Whether it is refused what there are no tokens for; clients from before KIP-599 are only told to wait.
    is_strict: bool,
}

impl Mutations {
    /// What a request may change, whoever makes it.
    pub(crate) fn allowance(
        &mut self,
        quotas: &ClientQuotas,
        requester: &dyn Requester,
        now: Duration,
        version: i16,
        request: &AnyRequest,
    ) -> Allowance<'_> {
        let strict_since = match request {
            AnyRequest::CreateTopics(_) => 6,
            AnyRequest::DeleteTopics(_) => 5,
            AnyRequest::CreatePartitions(_) => 3,
            _ => {
                return Allowance {
                    bucket: None,
                    is_strict: false,
                };
            }
        };
        let principal = requester.principal();
        let user = principal.split_once(':').map_or(principal, |(_, name)| name);
        let bucket = quota(quotas, user, requester.client_id()).map(|(key, rate)| {
            if self.0.len() >= BUCKETS_MAX {
                self.forget_the_idle(now);
            }
            let full = Bucket {
                rate,
                tokens: rate * WINDOW,
                at: now,
            };
            let bucket = self.0.entry(key).or_insert(full);
            bucket.refill(rate, now);
            bucket
        });
        Allowance {
            bucket,
            is_strict: version >= strict_since,
        }
    }

    fn forget_the_idle(&mut self, now: Duration) {
        self.0.retain(|_, bucket| {
            bucket.refill(bucket.rate, now);
            bucket.tokens < bucket.rate * WINDOW
        });
    }
}

/// The quota that counts for a user and a client id, the most particular first; and who shares it.
fn quota(quotas: &ClientQuotas, user: &str, client_id: Option<&str>) -> Option<(Key, f64)> {
    let (user, client) = (Some(user), Some(client_id.unwrap_or_default()));
    let places = [
        (Some(user), Some(client)),
        (Some(user), Some(None)),
        (Some(user), None),
        (Some(None), Some(client)),
        (Some(None), Some(None)),
        (Some(None), None),
        (None, Some(client)),
        (None, Some(None)),
    ];
    places.into_iter().find_map(|(of_user, of_client)| {
        let parts = [(USER, of_user), (CLIENT_ID, of_client)].into_iter();
        let entity: QuotaEntity = parts
            .filter_map(|(kind, name)| Some((kind.to_owned(), name?.map(str::to_owned))))
            .collect();
        let rate = *quotas.0.get(&entity)?.get(RATE)?;
        let shares = |part: Option<Option<&str>>, own: Option<&str>| part.and(own).map(str::to_owned);
        Some(((shares(of_user, user), shares(of_client, client)), rate))
    })
}

impl Allowance<'_> {
    /// Takes tokens for so many partitions; as long as there is one, there are enough.
    pub(crate) fn take(&mut self, partitions: usize) -> Result<(), Refusal> {
        let Some(bucket) = &mut self.bucket else {
            return Ok(());
        };
        if self.is_strict && bucket.tokens < 0.0 {
            return Err(Refusal::new(
                ErrorCode::ThrottlingQuotaExceeded,
                "The throttling quota has been exceeded.",
            ));
        }
        bucket.tokens -= partitions as f64;
        Ok(())
    }

    /// How long the client shall wait, in milliseconds.
    pub(crate) fn throttle_time_ms(&self) -> i32 {
        let missing = self
            .bucket
            .as_ref()
            .map_or(0.0, |bucket| -bucket.tokens / bucket.rate);
        let wait = Duration::try_from_secs_f64(missing.max(0.0)).unwrap_or(Duration::MAX);
        i32::try_from(wait.as_millis()).unwrap_or(i32::MAX)
    }
}
