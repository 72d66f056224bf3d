//! The sections of the page around the list: header, totals, explanations, notices and evidence.

use kraft_bridge_migration::finding::Severity;
use kraft_bridge_migration::parity::{Kind, Notice, Relation, Report, Totals, Verdict};
use maud::{Markup, html};

use crate::report::Document;
use crate::report::next::next;
use crate::report::text::{by_rule, verdict};
use crate::report::visible::{Visible, age, counted, grouped};

/// Width of a bar, in units of its own.
const BAR: u64 = 1000;
/// Notices that the page shows; the data has all.
const NOTICES_MAX: usize = 200;

/// Verdict, next step, and what was compared.
pub(super) fn header(report: &Report) -> Markup {
    let (class, headline) = match report.verdict {
        Verdict::Equal => ("equal", "ZooKeeper and KRaft hold the same cluster"),
        Verdict::NotEstablished => ("not-established", "Parity was not established"),
        Verdict::Different => ("different", "ZooKeeper and KRaft differ"),
    };
    let relation = match report.relation {
        Relation::Copied => "KRaft was made from ZooKeeper once and goes on alone",
        Relation::DualWrite => "a migrating controller writes every change to both",
    };
    html! {
        header class=(class) {
            p .eyebrow { "Parity report · " time { (Visible(&report.time)) } }
            h1 { (headline) }
            p .verdict { (verdict(report)) "." }
            p .next { strong { "Next: " } (next(report)) }
            div .sides { (zookeeper(report)) (kraft(report)) }
            p .fine {
                "How they stand to each other: " (relation) "."
                @if report.settling.rounds > 0 {
                    " What differed was read again " (counted(u64::from(report.settling.rounds), "time", "times")) ", and "
                    (counted(report.settling.settled, "difference", "differences")) " settled."
                }
            }
        }
    }
}

fn zookeeper(report: &Report) -> Markup {
    let side = &report.zookeeper;
    html! {
        section .side aria-label="ZooKeeper" {
            h2 { "ZooKeeper" }
            p .source { code { (Visible(&side.source)) } }
            dl {
                (fact("Cluster id", side.cluster_id.as_deref().unwrap_or("none")))
                (fact("Transactions", &format!("{} to {}", side.first_zxid, side.last_zxid)))
                (fact("Znodes", &grouped(side.znodes)))
                @if let Some(youngest) = &side.youngest {
                    (fact("Youngest znode", youngest))
                    @if let Some(age) = age(youngest, &report.time) { (fact("Its age", &age)) }
                }
                @if let Some(migration) = &side.migration {
                    (fact("Migrated up to", &format!(
                        "offset {}, epoch {}", migration.kraft_metadata_offset, migration.kraft_metadata_epoch
                    )))
                }
                (fact("Digest", &side.digest))
            }
        }
    }
}

fn kraft(report: &Report) -> Markup {
    let side = &report.kraft;
    html! {
        section .side aria-label="KRaft" {
            h2 { "KRaft" }
            p .source { code { (Visible(&side.target)) } }
            dl {
                (fact("Cluster id", side.cluster_id.as_deref().unwrap_or("none")))
                (fact("Log", &format!("end offset {}, epoch {}", side.end_offset, side.epoch)))
                (fact("Records", &grouped(side.records)))
                @if let Some(version) = &side.metadata_version { (fact("metadata.version", version)) }
                @if let Some(state) = &side.migration_state { (fact("Migration state", state)) }
                (fact("Digest", &side.digest))
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (Visible(value)) } } }
}

/// Totals per kind, each with a bar of what differs.
pub(super) fn kinds(report: &Report) -> Markup {
    let most = report.totals.values().map(differing).max().unwrap_or(0);
    html! {
        section #kinds aria-labelledby="kinds-heading" {
            h2 #kinds-heading { "What was compared" }
            @if report.totals.is_empty() {
                p { "Nothing." }
            } @else {
                table {
                    thead { tr {
                        th scope="col" { "Kind" } th scope="col" { "ZooKeeper" } th scope="col" { "KRaft" }
                        th scope="col" .bar { span .unseen { "Share" } }
                        th scope="col" { "Missing" } th scope="col" { "Different" } th scope="col" { "Only in KRaft" }
                        th scope="col" { "Explained" } th scope="col" { "Ignored" }
                    } }
                    tbody { @for (&kind, totals) in &report.totals { (kind_row(kind, totals, most)) } }
                }
            }
            @if !report.left_out.is_empty() {
                p .fine { "Left out with --only: "
                    (report.left_out.iter().copied().map(Kind::title).collect::<Vec<_>>().join(", ")) "." }
            }
        }
    }
}

fn kind_row(kind: Kind, totals: &Totals, most: u64) -> Markup {
    let count = |heading: &str, count: u64| {
        html! { td data-heading=(heading) class=[(count == 0).then_some("zero")] {
            @if count == 0 { "–" } @else { (grouped(count)) }
        } }
    };
    html! {
        tr {
            th scope="row" { a href="#differences" data-kind=(kind) { (kind.title()) } }
            (count("ZooKeeper", totals.zookeeper))
            (count("KRaft", totals.kraft))
            td .bar { (bar(totals, most)) }
            (count("Missing", totals.missing_in_kraft))
            (count("Different", totals.different))
            (count("Only in KRaft", totals.only_in_kraft))
            (count("Explained", totals.explained))
            (count("Ignored", totals.ignored))
        }
    }
}

/// All that differs, needing an operator or not.
fn differing(totals: &Totals) -> u64 {
    totals.unexplained() + totals.explained + totals.ignored
}

/// A bar as long as its share of the kind with the most differences.
fn bar(totals: &Totals, most: u64) -> Markup {
    let parts = [
        ("missing-in-kraft", totals.missing_in_kraft),
        ("different", totals.different),
        ("only-in-kraft", totals.only_in_kraft),
        ("known", totals.explained + totals.ignored),
    ];
    let width = |count: u64| u128::from(count) * u128::from(BAR) / u128::from(most.max(1));
    let rects = parts.iter().scan(0, |end, &(class, count)| {
        let begin = *end;
        *end += width(count);
        // Even one of a million is seen.
        Some((class, begin, if count == 0 { 0 } else { width(count).max(4) }))
    });
    html! {
        svg viewBox={ "0 0 " (BAR) " 8" } preserveAspectRatio="none" aria-hidden="true" {
            rect .track width=(BAR) height="8" {}
            @for (class, x, width) in rects {
                @if width > 0 { rect class=(class) x=(x) width=(width) height="8" {} }
            }
        }
    }
}

/// What each rule explains, with one example.
pub(super) fn explained(report: &Report) -> Markup {
    if report.explained.is_empty() {
        return html! {};
    }
    html! {
        section #explained aria-labelledby="explained-heading" {
            h2 #explained-heading { "Explained" }
            p { "These differ for a known reason and need no one." }
            dl .rules {
                @for (rule, differences) in by_rule(&report.explained) {
                    div {
                        dt { code { (Visible(rule)) } " " @if let Some(rule) = report.rules.get(rule) { span .count { (grouped(rule.differences)) } } }
                        dd {
                            @if let Some(rule) = report.rules.get(rule) { p { (Visible(&rule.text)) } }
                            @if let Some(example) = differences.first() {
                                p .fine { "Such as " (Visible(&example.to_string()).shortened(400)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A list of notices under a heading; nothing if there are none.
pub(super) fn notices(heading: &str, id: &str, notices: &[Notice]) -> Markup {
    if notices.is_empty() {
        return html! {};
    }
    html! {
        section id=(id) aria-labelledby={ (id) "-heading" } {
            h2 id={ (id) "-heading" } { (heading) }
            ul .notices {
                @for notice in notices.iter().take(NOTICES_MAX) {
                    li class=(severity(notice.severity)) {
                        p { code { (Visible(&notice.path)) } " " span .count { (Visible(&notice.code)) } }
                        p { (Visible(&notice.problem)) }
                        p .fine { (Visible(&notice.action)) }
                    }
                }
            }
            @if notices.len() > NOTICES_MAX {
                p .fine { "… and " (notices.len() - NOTICES_MAX) " more, in the report's data." }
            }
        }
    }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Blocker => "blocker",
    }
}

/// Who made the report, and how to check that it is still what it was.
pub(super) fn evidence(document: &Document<'_>) -> Markup {
    let report = document.report();
    html! {
        footer {
            h2 { "Evidence" }
            @match document.signature().map(|it| it.signer()) {
                Some(Ok(signer)) => {
                    p { "Signed with Ed25519. To check this file: " code { "kraft-bridge verify-report FILE --key PUBLIC.pem" } }
                    dl { (fact("Fingerprint of the key (SHA-256)", &signer.fingerprint())) }
                }
                Some(Err(broken)) => p { (broken.to_string()) }
                None => p { "Not signed: nothing proves that this page is what was written." }
            }
            p .fine {
                "kraft-bridge " (Visible(&report.tool_version)) ", schema version " (report.schema_version) ". Secrets were "
                "compared and are not shown."
            }
        }
    }
}
