//! What the disk takes to make 4 KiB durable, one after the other.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::report::Times;
use crate::clock::Clock;

const PAGE: [u8; 4096] = [0x5a; 4096];

pub(super) fn measure(dir: &Path, times: u32) -> anyhow::Result<Times> {
    let file = File::create_new(dir.join("pages"))?;
    let mut taken = Vec::new();
    for page in 0..u64::from(times) {
        let clock = Clock::start();
        file.write_all_at(&PAGE, page * PAGE.len() as u64)?;
        file.sync_data()?;
        taken.push(clock.elapsed());
    }
    Ok(Times::of(taken))
}
