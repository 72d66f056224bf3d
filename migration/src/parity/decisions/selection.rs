//! Which requests of the matrix are asked when it holds more than may be asked.
//!
//! Only an ACL that one side lacks can change an answer, and names that begin with `*`, of which the modes think
//! differently. Each of these is a block of the matrix; blocks that are small are asked whole, and what is left is
//! shared among the rest. The same seed makes the same choice.

use std::ops::Range;

use kraft_bridge_metadata::acls::{ANY_PRINCIPAL, WILDCARD};

use super::axes::{Axes, Matrix};
use super::{Acls, Coverage, DecisionOptions};
use crate::legacy::{Acl, PatternType, ResourcePattern};

/// So many requests show that two sides with the same ACLs were asked, and that they answer alike.
const REQUESTS_IF_EQUAL: u64 = 100_000;

/// The indices of the requests to ask, in ascending order, and what they are of the whole.
pub(super) fn select(
    matrix: &Matrix,
    zookeeper: &Acls,
    kraft: &Acls,
    options: &DecisionOptions,
) -> (Vec<u128>, Coverage) {
    let equal = zookeeper == kraft;
    let limit = if equal {
        options.requests_max.min(REQUESTS_IF_EQUAL)
    } else {
        options.requests_max
    };
    let limit = u128::from(limit);
    if matrix.requests() <= limit {
        return ((0..matrix.requests()).collect(), Coverage::Whole);
    }
    let mut blocks = blocks(matrix, zookeeper, kraft);
    let all = blocks.iter().map(Block::requests).sum::<u128>() <= limit;
    blocks.sort_by_key(Block::requests);
    let (mut left, mut indices) = (limit, Vec::new());
    for (asked, block) in blocks.iter().enumerate() {
        let share = left / (blocks.len() - asked) as u128;
        let requests = share.min(block.requests());
        let chosen = spread(requests, block.requests(), options.seed);
        indices.extend(chosen.map(|position| block.index(position)));
        left -= requests;
    }
    if equal {
        indices.extend(spread(left, matrix.requests(), options.seed));
    }
    indices.sort_unstable();
    indices.dedup();
    let coverage = if all && !equal {
        Coverage::Differing
    } else {
        Coverage::Sample
    };
    (indices, coverage)
}

/// The part of the matrix that one ACL can decide: every operation on some names by some principals from some hosts.
struct Block<'a> {
    axes: &'a Axes,
    names: Range<usize>,
    principals: [Range<usize>; 2],
    hosts: [Range<usize>; 2],
}

impl Block<'_> {
    fn requests(&self) -> u128 {
        let length = |ranges: &[Range<usize>]| ranges.iter().map(|range| range.len() as u128).sum::<u128>();
        self.names.len() as u128 * length(&self.principals) * length(&self.hosts) * self.axes.operations()
    }

    /// Index in the matrix of the request at a position in the block.
    fn index(&self, position: u128) -> u128 {
        let (operation, position) = (
            position % self.axes.operations(),
            position / self.axes.operations(),
        );
        let (host, position) = at(&self.hosts, position);
        let (principal, position) = at(&self.principals, position);
        let (name, _) = at(std::slice::from_ref(&self.names), position);
        self.axes.index(name, principal, host) + operation
    }
}

/// The value that a position means on an axis of these ranges, and the position on the next axis.
fn at(ranges: &[Range<usize>], position: u128) -> (usize, u128) {
    let length = ranges.iter().map(Range::len).sum::<usize>().max(1) as u128;
    let mut within = usize::try_from(position % length).unwrap_or_default();
    let mut found = 0;
    for range in ranges {
        if within < range.len() {
            found = range.start + within;
            break;
        }
        within -= range.len();
    }
    (found, position / length)
}

/// A block for each ACL that only one side has, and one for the names that begin with `*` beside a pattern `*`.
fn blocks<'a>(matrix: &'a Matrix, zookeeper: &Acls, kraft: &Acls) -> Vec<Block<'a>> {
    let mut blocks = Vec::new();
    for axes in &matrix.axes {
        let of_type = |(pattern, _): &(&ResourcePattern, &Acl)| pattern.resource_type == axes.resource_type;
        let differing = only_in(zookeeper, kraft).chain(only_in(kraft, zookeeper));
        blocks.extend(differing.filter(of_type).map(|(pattern, acl)| Block {
            axes,
            names: axes.matched_by(pattern),
            principals: axes.principals.touched_by(&acl.principal, ANY_PRINCIPAL),
            hosts: axes.hosts.touched_by(&acl.host, WILDCARD),
        }));
        let wildcard = ResourcePattern {
            resource_type: axes.resource_type,
            pattern_type: PatternType::Literal,
            name: WILDCARD.to_owned(),
        };
        if zookeeper.contains_key(&wildcard) || kraft.contains_key(&wildcard) {
            blocks.push(Block {
                axes,
                names: axes.beginning_with(WILDCARD),
                principals: axes.principals.touched_by(ANY_PRINCIPAL, ANY_PRINCIPAL),
                hosts: axes.hosts.touched_by(WILDCARD, WILDCARD),
            });
        }
    }
    blocks
}

/// The ACLs that only the first side has.
fn only_in<'a>(one: &'a Acls, other: &'a Acls) -> impl Iterator<Item = (&'a ResourcePattern, &'a Acl)> {
    one.iter().flat_map(|(pattern, acls)| {
        let theirs = other.get(pattern);
        let only = move |acl: &&Acl| !theirs.is_some_and(|theirs| theirs.contains(*acl));
        acls.iter().filter(only).map(move |acl| (pattern, acl))
    })
}

/// So many different numbers below an end, in ascending order: one from each of as many equal parts.
fn spread(count: u128, end: u128, seed: u64) -> impl Iterator<Item = u128> {
    (0..count).map(move |part| {
        let (from, to) = (part * end / count, (part + 1) * end / count);
        let number = u64::try_from(part).unwrap_or(u64::MAX);
        from + u128::from(scatter(seed.wrapping_add(number))) % (to - from)
    })
}

/// A number that looks random and depends on this one alone (SplitMix64, Steele, Lea and Flood 2014).
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
