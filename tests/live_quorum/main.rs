//! Reading a quorum that runs, on real controllers of both releases: what comes by the wire is what lies in the
//! directory, logins of every kind, refusals that say what to do, and leaders that go away.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod controllers;
mod dump;
mod leaders;
mod logins;
mod node;
mod records;
mod status;

use node::Node;

/// One node with a listener of every kind, and all that can be asked of it while it runs and afterwards.
fn one_node(version: &str, release: &str) {
    let mut node = Node::start(version, release);
    let before = records::the_log_is_read_from_its_start(&node);
    logins::every_login_reads_the_same(&node);
    logins::refusals_say_what_to_do(&node);
    logins::the_status_takes_the_same_logins(&node);
    logins::the_quorum_of_another_cluster_is_not_read(&node);
    records::only_time_has_passed_since(&node, &before);
    node.create_topic("many", 400);
    let by_wire = records::a_checkpoint_is_read_first(&node);
    records::nobody_else_is_seen_in_the_quorum(&node);
    node.stop();
    records::the_directory_holds_the_same(&node, &by_wire);
}

#[test]
fn a_node_of_3_9_is_read_as_its_directory_is() {
    one_node("3.9.2", "3.9");
}

#[test]
fn a_node_of_4_3_is_read_as_its_directory_is() {
    one_node("4.3.1", "4.3");
}

#[test]
fn static_voters_of_3_9_are_read_on_while_leaders_die() {
    leaders::reading_goes_on_until_no_majority_is_left("3.9.2", "3.9", controllers::Voters::Static);
}

#[test]
fn dynamic_voters_of_4_3_are_read_on_while_leaders_die() {
    leaders::reading_goes_on_until_no_majority_is_left("4.3.1", "4.3", controllers::Voters::Dynamic);
}

#[test]
fn the_status_of_static_voters_of_3_9_is_what_kafka_s_own_tool_shows() {
    status::the_status_is_what_kafka_s_own_tool_shows("3.9.2", "3.9", controllers::Voters::Static);
}

#[test]
fn the_status_of_dynamic_voters_of_4_3_is_what_kafka_s_own_tool_shows() {
    status::the_status_is_what_kafka_s_own_tool_shows("4.3.1", "4.3", controllers::Voters::Dynamic);
}
