//! KRaft metadata: what the records mean, the image they add up to, and what each release can read.

pub mod acls;
pub mod authorizer;
pub mod image;
pub mod records;
pub mod release;
