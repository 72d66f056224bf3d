//! Client quotas: `/config/{users,clients,ips}/<entity>` and `/config/users/<user>/clients/<client>`.

/// Whom a quota part names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaName {
    /// Whoever has no quota of their own: `<default>` in ZooKeeper, null in KRaft.
    Default,
    /// One user, client id or address, with the path's escapes undone.
    Named(String),
}

/// Whom a quota applies to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaEntity {
    /// `/config/users/<u>`
    User(QuotaName),
    /// `/config/clients/<c>`
    Client(QuotaName),
    /// `/config/users/<u>/clients/<c>`
    UserClient(QuotaName, QuotaName),
    /// `/config/ips/<ip>`
    Ip(QuotaName),
}
