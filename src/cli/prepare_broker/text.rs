//! The answers of `prepare-broker` for people: counts where there are thousands.

use std::fmt;

use kraft_bridge_raft::names::PARTITION_METADATA;

use super::{PlanAnswer, UndoAnswer};
use crate::broker_dir::{ASIDE_PREFIX, Change, DirectoryPlan, Step};
use crate::cli::findings::{FindingsText, blockers};

impl fmt::Display for PlanAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "broker {} of cluster {}", self.node_id, self.cluster_id)?;
        for directory in &self.plan.directories {
            write_directory(f, directory)?;
        }
        writeln!(f)?;
        write!(f, "{}", FindingsText(&self.plan.findings))?;
        let blockers = blockers(&self.plan.findings);
        match () {
            () if blockers > 0 => writeln!(f, "{blockers} blockers: nothing was changed"),
            () if self.plan.is_empty() => writeln!(f, "nothing to do"),
            () if self.applied => writeln!(f, "done; --undo restores what was there"),
            () => writeln!(f, "nothing was changed yet: --apply does it"),
        }
    }
}

impl fmt::Display for UndoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "broker {}", self.node_id)?;
        for directory in &self.undone.directories {
            writeln!(
                f,
                "{}: {} steps undone",
                directory.path.display(),
                directory.steps.len()
            )?;
        }
        for left in &self.undone.left {
            writeln!(
                f,
                "{}: `migrate` wrote it; remove it, and bootstrap.checkpoint beside it, before the old Kafka starts",
                left.display()
            )?;
        }
        writeln!(f, "everything is as it was before --apply")
    }
}

fn write_directory(f: &mut fmt::Formatter<'_>, directory: &DirectoryPlan) -> fmt::Result {
    writeln!(f)?;
    writeln!(f, "{}: {} replicas", directory.path.display(), directory.replicas)?;
    if directory.steps.is_empty() {
        return writeln!(f, "  nothing to do");
    }
    let (mut ids, mut set_aside) = (0, 0);
    for Step { file, change } in &directory.steps {
        match change {
            Change::Write { .. } if file.ends_with(PARTITION_METADATA) => ids += 1,
            Change::Write { after, .. } => writeln!(f, "  write {file}: {after}")?,
            Change::SetAside { .. } => set_aside += 1,
            Change::RemoveDirectory => writeln!(f, "  remove {file} when its files are set aside")?,
        }
    }
    if set_aside > 0 {
        writeln!(
            f,
            "  set aside {set_aside} files of an earlier attempt: {ASIDE_PREFIX}…"
        )?;
    }
    if ids > 0 {
        writeln!(
            f,
            "  write {PARTITION_METADATA} with the topic's id into {ids} replicas"
        )?;
    }
    Ok(())
}
