//! Writes the seeds of every kind below a directory, one file each: the corpora that fuzzing begins with.

#![expect(clippy::unwrap_used, reason = "a part of the tests, which fail by panicking")]

use std::fs;
use std::path::PathBuf;

use kraft_bridge_robustness::KINDS;

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).expect("usage: seeds DIRECTORY"));
    for kind in KINDS {
        let corpus = directory.join(kind.name);
        fs::create_dir_all(&corpus).unwrap();
        for (number, seed) in (kind.seeds)().iter().enumerate() {
            fs::write(corpus.join(format!("seed-{number:04}")), seed).unwrap();
        }
    }
}
