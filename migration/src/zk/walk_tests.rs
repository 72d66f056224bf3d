use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    batches: 8,
    batch_paths: 512,
    request_bytes: 1 << 17,
    answer_bytes: 1 << 20,
    held_bytes: 1 << 20,
};

/// A tree as its paths, each with its payload.
type Tree = BTreeMap<String, Vec<u8>>;

fn tree(paths: &[&str]) -> Tree {
    let mut tree = Tree::from([("/".to_owned(), Vec::new())]);
    for path in paths {
        let ends = path.match_indices('/').map(|(end, _)| end).skip(1);
        for end in ends.chain([path.len()]) {
            tree.insert(path[..end].to_owned(), path.as_bytes()[..end].to_vec());
        }
    }
    tree
}

fn read(tree: &Tree, path: &str) -> Answer {
    let prefix = if path == "/" {
        "/".to_owned()
    } else {
        format!("{path}/")
    };
    let children = tree
        .keys()
        .filter_map(|other| other.strip_prefix(&prefix))
        .filter(|name| !name.is_empty() && !name.contains('/'))
        .rev()
        .map(str::to_owned)
        .collect();
    match tree.get(path) {
        Some(data) => Answer::Read {
            data: data.clone(),
            stat: Stat::default(),
            children,
        },
        None => Answer::Missing,
    }
}

fn answers(tree: &Tree, batch: &Batch) -> Vec<Answer> {
    batch.paths.iter().map(|path| read(tree, path)).collect()
}

/// The tree's paths in the order in which they must come.
fn in_order(tree: &Tree) -> Vec<String> {
    let mut paths: Vec<String> = tree.keys().cloned().collect();
    paths.sort_by(|a, b| {
        a.split('/')
            .filter(|n| !n.is_empty())
            .cmp(b.split('/').filter(|n| !n.is_empty()))
    });
    paths
}

/// Walks, with the answer to any batch lost, or late, as `fate` says.
fn walk(tree: &Tree, limits: Limits, mut fate: impl FnMut(&VecDeque<Batch>) -> (usize, bool)) -> Vec<Step> {
    let mut walk = Walk::new(limits, Some("zookeeper"));
    let (mut in_flight, mut steps) = (VecDeque::new(), Vec::new());
    while !walk.is_done() {
        while let Some(batch) = walk.next_batch() {
            in_flight.push_back(batch);
        }
        assert!(in_flight.len() <= limits.batches);
        if !in_flight.is_empty() {
            let (index, is_lost) = fate(&in_flight);
            let batch = in_flight.remove(index).unwrap();
            let answers = answers(tree, &batch);
            walk.answered(
                batch,
                if is_lost {
                    Err(Lost("hung up".to_owned()))
                } else {
                    Ok(answers)
                },
            );
        }
        steps.extend(std::iter::from_fn(|| walk.next_step()));
    }
    steps
}

fn paths(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.path.clone()).collect()
}

#[test]
fn znodes_come_in_subtree_order_whatever_sorts_before_a_slash() {
    let tree = tree(&["/a/b/c", "/a-/d", "/a.b", "/a!/e", "/a/b-c", "/consumers"]);
    let expected = [
        "/",
        "/a",
        "/a/b",
        "/a/b/c",
        "/a/b-c",
        "/a!",
        "/a!/e",
        "/a-",
        "/a-/d",
        "/a.b",
        "/consumers",
    ];
    let steps = walk(&tree, LIMITS, |_| (0, false));
    assert_eq!(paths(&steps), expected);
    assert_eq!(
        steps[3].what,
        Seen::Znode {
            data: b"/a/b/c".to_vec(),
            stat: Stat::default()
        }
    );
}

#[test]
fn zookeepers_own_subtree_is_passed_over_at_the_root_alone() {
    let tree = tree(&["/zookeeper/quota", "/a/zookeeper/quota"]);
    let steps = walk(&tree, LIMITS, |_| (0, false));
    assert_eq!(paths(&steps), ["/", "/a", "/a/zookeeper", "/a/zookeeper/quota"]);
}

#[test]
fn a_znode_that_always_costs_the_connection_is_told_and_the_rest_is_read() {
    let names: Vec<String> = (0..700).map(|name| format!("/topics/{name:03}")).collect();
    let tree = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let steps = walk(&tree, LIMITS, |in_flight| {
        (0, in_flight[0].paths.iter().any(|path| path == "/topics/321"))
    });
    assert_eq!(paths(&steps), in_order(&tree));
    for step in &steps {
        match &step.what {
            Seen::Unreadable(reason) => {
                assert_eq!(step.path, "/topics/321");
                assert!(
                    reason.contains("jute.maxbuffer") && reason.contains("hung up"),
                    "{reason}"
                );
            }
            what => assert!(matches!(what, Seen::Znode { .. }) && step.path != "/topics/321"),
        }
    }
}

#[test]
fn an_ensemble_that_always_hangs_up_ends_the_walk() {
    let steps = walk(&tree(&["/a"]), LIMITS, |_| (0, true));
    assert_eq!(steps.len(), 1);
    assert!(matches!(steps[0].what, Seen::Unreadable(_)));
}

#[test]
fn a_path_that_vanished_is_told_as_missing() {
    let tree = tree(&["/a/b"]);
    let mut walk = Walk::new(LIMITS, None);
    let root = walk.next_batch().unwrap();
    let answers = answers(&tree, &root);
    walk.answered(root, Ok(answers));
    let children = walk.next_batch().unwrap();
    walk.answered(children, Ok(vec![Answer::Missing]));
    let steps: Vec<Step> = std::iter::from_fn(|| walk.next_step()).collect();
    assert_eq!(steps[1].path, "/a");
    assert_eq!(steps[1].what, Seen::Missing);
    assert!(walk.is_done());
}

#[test]
fn long_answers_make_short_batches() {
    let names: Vec<String> = (0..3000).map(|name| format!("/{name:04}")).collect();
    let mut tree = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
    tree.values_mut().for_each(|data| data.resize(100_000, 0));
    let mut longest_later = 0;
    let mut answered = 0;
    walk(&tree, LIMITS, |in_flight| {
        answered += 1;
        if answered > 10 {
            longest_later = longest_later.max(in_flight[0].paths.len());
        }
        (0, false)
    });
    assert_eq!(longest_later, 10);
}

#[test]
fn the_reading_stops_running_ahead_when_much_waits_for_delivery() {
    let names: Vec<String> = (0..400).map(|name| format!("/{name:03}")).collect();
    let mut tree = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
    tree.values_mut().for_each(|data| data.resize(50_000, 0));
    let mut walk = Walk::new(LIMITS, None);
    let root = walk.next_batch().unwrap();
    let read = answers(&tree, &root);
    walk.answered(root, Ok(read));
    // The first batch never comes back.
    let first = walk.next_batch().unwrap();
    let mut others = 0;
    while let Some(batch) = walk.next_batch() {
        let read = answers(&tree, &batch);
        walk.answered(batch, Ok(read));
        others += 1;
    }
    assert!(
        walk.held_bytes <= 3 * LIMITS.held_bytes,
        "{} held",
        walk.held_bytes
    );
    assert!(others > 0 && !first.paths.is_empty());
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let name = prop_oneof![
        Just("a"),
        Just("a-"),
        Just("a.b"),
        Just("b"),
        Just("0"),
        Just("10"),
        Just("zookeeper")
    ];
    let path = prop::collection::vec(name, 1..6).prop_map(|names| format!("/{}", names.join("/")));
    prop::collection::vec(path, 0..60)
        .prop_map(|paths| tree(&paths.iter().map(String::as_str).collect::<Vec<_>>()))
}

proptest! {
    #[test]
    fn any_tree_is_delivered_in_order_and_once_whatever_is_lost_or_late(
        tree in any_tree(),
        batches in 1_usize..5,
        batch_paths in 1_usize..7,
        fates in prop::collection::vec((0_usize..8, prop::bool::weighted(0.3)), 0..200),
    ) {
        let limits = Limits { batches, batch_paths, ..LIMITS };
        let mut fates = fates.into_iter();
        // A single path is lost at most twice.
        let mut losses = BTreeMap::<String, u32>::new();
        let steps = walk(&tree, limits, |in_flight| {
            let (index, is_lost) = fates.next().unwrap_or((0, false));
            let batch = &in_flight[index % in_flight.len()];
            let lost_alone = losses.entry(batch.paths[0].clone()).or_default();
            let is_lost = is_lost && (batch.paths.len() > 1 || *lost_alone < LOSSES_MAX - 1);
            *lost_alone += u32::from(is_lost && batch.paths.len() == 1);
            (index % in_flight.len(), is_lost)
        });
        let mut expected = in_order(&tree);
        expected.retain(|path| path != "/zookeeper" && !path.starts_with("/zookeeper/"));
        prop_assert_eq!(paths(&steps), expected);
        for step in steps {
            prop_assert_eq!(step.what, Seen::Znode { data: tree[&step.path].clone(), stat: Stat::default() });
        }
    }
}
