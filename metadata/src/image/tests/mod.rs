//! What records do to an image, and what records an image gives.

mod any_image;
mod checkpoint;
mod replay;
