//! `dump` of a quorum or a file, as lines of JSON.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kraft-bridge");

/// What `dump` prints of a source; what it says when it fails.
pub(crate) fn dump(source: &str, command_config: Option<&Path>) -> Result<Vec<Value>, String> {
    match command_config {
        Some(file) => dump_with(source, &["--command-config", &file.display().to_string()]),
        None => dump_with(source, &[]),
    }
}

/// As [`dump`], with any options.
pub(crate) fn dump_with(source: &str, options: &[&str]) -> Result<Vec<Value>, String> {
    let mut command = Command::new(PROGRAM);
    let output = command
        .args(["--json", "dump", source])
        .args(options)
        .output()
        .unwrap();
    match output.status.code() {
        Some(0) => Ok(lines(&String::from_utf8(output.stdout).unwrap())),
        Some(2) => Err(String::from_utf8(output.stderr).unwrap()),
        other => panic!("{source}: exit status {other:?}"),
    }
}

/// Lines of JSON; the last one may still be on its way.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Records of these types, control records too.
pub(crate) fn of_type<'a>(lines: &'a [Value], name: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == name).collect()
}
