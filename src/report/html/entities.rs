//! The differences as the page shows them without script: by entity, each with its fields.
//!
//! `page.js` draws the same elements.

use std::collections::BTreeMap;

use kraft_bridge_migration::parity::{Difference, Relation, Report};
use maud::{Markup, html};

use super::what_words;
use crate::report::next::step;
use crate::report::visible::{Visible, grouped};

/// Differences that stand in the page as markup.
const SHOWN_MAX: usize = 200;

/// The list of entities that differ, and the controls that filter it.
pub(super) fn list(report: &Report) -> Markup {
    let known = report.explained.len() + report.ignored.len();
    if report.differences.is_empty() && known == 0 {
        return html! {};
    }
    html! {
        section #differences aria-labelledby="differences-heading" {
            h2 #differences-heading { "Differences" }
            (controls())
            p #shown role="status" { (shown(report)) }
            div #entities {
                @for entity in entities(&report.differences[..report.differences.len().min(SHOWN_MAX)]) {
                    (entity_markup(&entity, report.relation))
                }
            }
            button #more type="button" hidden { "Show more" }
        }
    }
}

/// Hidden until the script can answer them.
fn controls() -> Markup {
    html! {
        form #controls hidden {
            label .search {
                span { "Search" }
                input #text type="search" placeholder="entity, field or value" autocomplete="off" spellcheck="false";
            }
            label { span { "Kind" } select #kind { option value="" { "all kinds" } } }
            label {
                span { "What" }
                select #what {
                    option value="" { "anything" }
                    option value="missing-in-kraft" { "missing in KRaft" }
                    option value="different" { "different" }
                    option value="only-in-kraft" { "only in KRaft" }
                }
            }
            label .toggle { input #known type="checkbox"; span { "also explained and ignored" } }
        }
    }
}

fn shown(report: &Report) -> String {
    let count = |many: usize| grouped(u64::try_from(many).unwrap_or(u64::MAX));
    let all = report.differences.len();
    match all {
        0 => "Nothing needs an operator.".to_owned(),
        _ if all <= SHOWN_MAX => format!("All {} differences that need an operator.", count(all)),
        _ => format!(
            "The first {} of {} differences; the rest shows with scripts allowed.",
            count(SHOWN_MAX),
            count(all)
        ),
    }
}

/// Differences of one entity that say the same of it, in the order of the first of each.
fn entities(differences: &[Difference]) -> Vec<Vec<&Difference>> {
    let mut entities: Vec<Vec<&Difference>> = Vec::new();
    let mut places = BTreeMap::new();
    for difference in differences {
        let key = (difference.kind, difference.what, difference.entity.as_str());
        let place = *places.entry(key).or_insert(entities.len());
        if place == entities.len() {
            entities.push(Vec::new());
        }
        entities[place].push(difference);
    }
    entities
}

fn entity_markup(fields: &[&Difference], relation: Relation) -> Markup {
    let Some(first) = fields.first() else {
        return html! {};
    };
    html! {
        details .entity {
            summary {
                span class={ "what " (first.what) } { (what_words(first.what)) }
                span .kind { (first.kind.title()) }
                bdi .name { (Visible(&first.entity)) }
                span .fields-count {
                    @let names: Vec<_> = fields.iter().filter_map(|it| it.field.as_deref()).collect();
                    (Visible(&names.join(", ")))
                }
            }
            div .body {
                table .fields {
                    thead { tr { th scope="col" { "Field" } th scope="col" { "ZooKeeper" } th scope="col" { "KRaft" } } }
                    tbody { @for difference in fields { (field_markup(difference)) } }
                }
                p .path { "ZooKeeper keeps it at " code { (Visible(&first.path)) } }
                p .step { strong { "Next: " } (step(relation, first.kind, first.what)) }
            }
        }
    }
}

fn field_markup(difference: &Difference) -> Markup {
    let value = |value: &Option<String>| match value {
        Some(value) => html! { code { (Visible(value)) } },
        None => html! { span .nothing { "nothing" } },
    };
    html! {
        tr {
            th scope="row" { (Visible(difference.field.as_deref().unwrap_or("the whole"))) }
            td data-side="ZooKeeper" { (value(&difference.zookeeper)) }
            td data-side="KRaft" { (value(&difference.kraft)) }
        }
    }
}
