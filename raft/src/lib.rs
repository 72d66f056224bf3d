//! The KRaft log directory: segments, checkpoints, identity files. It sees payloads as bytes.
