//! What stands in a capture where a secret was left out.

/// Replaces a secret value in a capture made without secrets. No secret that Kafka stores can look like this.
pub const LEFT_OUT: &str = "[left out of this capture]";
