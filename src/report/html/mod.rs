//! The report as one HTML page that loads nothing: style, script and data stand inside, and the policy in its head
//! names the hashes of the first two.
//!
//! ```text
//! head          title, content security policy, page.css
//! body
//! ├─ header     verdict, next step, what was compared
//! ├─ kinds      totals per kind
//! ├─ list       the first differences, by entity: what shows without script
//! ├─ the rest   explained by rule, not compared, notices, evidence
//! ├─ data       the report's JSON, once, for the script and for `verify-report`
//! └─ page.js    draws the list anew from the data, all of it, in portions, filtered
//! ```
//!
//! The same document gives the same bytes, so that a page can be checked by making it anew.

mod entities;
mod sections;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kraft_bridge_migration::parity::{Kind, Report, What};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Document;
use super::next::step;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// What the element with the data begins with, once in each page.
const DATA_BEGIN: &str = r#"<script type="application/json" id="report">"#;
const DATA_END: &str = "</script>";

/// Words that the script needs and the report does not have.
#[derive(Serialize)]
struct Words {
    /// Titles by kind.
    kinds: BTreeMap<&'static str, &'static str>,
    /// Next steps by kind and what.
    steps: BTreeMap<String, String>,
}

/// Makes the page of a document.
///
/// # Errors
///
/// When it has no form as JSON.
pub(crate) fn page(document: &Document<'_>) -> Result<String, serde_json::Error> {
    let report = document.report();
    let data = harmless(&serde_json::to_string(document)?);
    let words = harmless(&serde_json::to_string(&words(report))?);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Parity report: " (report.verdict) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body(document))
                (PreEscaped(DATA_BEGIN)) (PreEscaped(data)) (PreEscaped(DATA_END))
                script type="application/json" id="words" { (PreEscaped(words)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string() + "\n")
}

/// What is seen without style and script.
fn body(document: &Document<'_>) -> Markup {
    let report = document.report();
    html! {
        (sections::header(report))
        main {
            (sections::kinds(report))
            (entities::list(report))
            (sections::explained(report))
            (sections::notices("Not compared", "not-compared", &report.not_compared))
            (sections::notices("Worth knowing", "notices", &report.notices))
        }
        (sections::evidence(document))
    }
}

/// Whether a file is a page rather than JSON.
pub(crate) fn is_page(text: &str) -> bool {
    text.trim_start()
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
}

/// The JSON inside a page; `None` if it is no page of ours.
pub(crate) fn data_of_page(page: &str) -> Option<&str> {
    let (_, data) = page.split_once(DATA_BEGIN)?;
    data.split_once(DATA_END).map(|(data, _)| data)
}

/// JSON that no HTML parser can take for the end of its element: `<` occurs in strings only, and can be escaped there.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Nothing is loaded, and nothing runs but this style and this script.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn words(report: &Report) -> Words {
    let lists = [&report.differences, &report.explained, &report.ignored];
    let differences = lists.into_iter().flatten();
    Words {
        kinds: Kind::ALL.iter().map(|kind| (kind.name(), kind.title())).collect(),
        steps: differences
            .map(|it| {
                (
                    format!("{} {}", it.kind, it.what),
                    step(report.relation, it.kind, it.what),
                )
            })
            .collect(),
    }
}

/// What differs, in words.
const fn what_words(what: What) -> &'static str {
    match what {
        What::MissingInKraft => "missing in KRaft",
        What::Different => "different",
        What::OnlyInKraft => "only in KRaft",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Read;
    use crate::report::sample;

    #[test]
    fn the_body_of_a_page_is_what_it_was() {
        for (name, report) in [("small.html", sample::small()), ("empty.html", sample::empty())] {
            // One element a line, so that a difference can be found.
            let body = body(&Document::Plain(&report))
                .into_string()
                .replace("><", ">\n<");
            sample::expect(name, &(body + "\n"));
        }
    }

    #[test]
    fn no_name_becomes_markup_or_ends_the_data() {
        let report = sample::small();
        let page = page(&Document::Plain(&report)).unwrap();
        let (markup, _) = page.split_once(DATA_BEGIN).unwrap();
        assert!(!page.contains("<img"));
        assert!(!markup.contains(['\u{1b}', '\u{202e}']), "{markup}");
        assert_eq!(page.matches("</script>").count(), 3);
        let read = Read::from_json(data_of_page(&page).unwrap()).unwrap();
        assert_eq!(read.report, report);
    }

    #[test]
    fn a_page_made_anew_from_its_own_data_is_the_same() {
        let report = sample::small();
        let first = page(&Document::Plain(&report)).unwrap();
        let read = Read::from_json(data_of_page(&first).unwrap()).unwrap();
        assert!(is_page(&first));
        assert_eq!(page(&read.document()).unwrap(), first);
    }

    #[test]
    fn the_policy_allows_nothing_but_the_style_and_the_script_of_the_page() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none'; "));
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 2);
        let page = page(&Document::Plain(&sample::small())).unwrap();
        // A style attribute would be forbidden, and so would a handler.
        assert!(!page.contains(" style=") && !page.contains(" onclick="));
    }
}
