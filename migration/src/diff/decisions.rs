//! What the ACLs decide, as items.

use super::{Diff, Entity, Item, Rule, Sink, Value};
use crate::parity::Kind;
use crate::parity::decisions::{Answer, DecisionDifference, compare_decisions};

impl Diff<'_> {
    pub(super) fn decisions(&self, sink: &mut dyn Sink) {
        let (observed, wanted) = (&self.observed.acls, self.wanted.acls());
        let compared = compare_decisions(observed, wanted, self.decisions);
        sink.count(Kind::AclDecisions, compared.asked, compared.asked);
        // The same entries decide alike but for what the two authorizers themselves do otherwise.
        let rule = (observed == wanted).then_some(Rule::AuthorizerOfMode);
        for difference in &compared.differences {
            sink.item(item(difference).because(rule));
        }
    }
}

fn item(difference: &DecisionDifference) -> Item {
    let request = &difference.request;
    let mut text = format!(
        "{} may {} {}:{} from {}",
        request.principal,
        request.operation.name(),
        request.resource_type.name(),
        request.resource_name,
        request.host
    );
    if let Some(value) = difference.only_if_allow_everyone {
        text.push_str(&format!(" if allow.everyone.if.no.acl.found={value}"));
    }
    if difference.requests > 1 {
        text.push_str(&format!(", and {} requests like it", difference.requests - 1));
    }
    let entity = Entity::Decision(text);
    Item::different(
        entity,
        "decision",
        answer(&difference.zookeeper),
        answer(&difference.kraft),
    )
}

fn answer(answer: &Answer) -> Value {
    let word = if answer.allowed { "yes" } else { "no" };
    Value::shown(format_args!("{word}: {}", answer.cause))
}
