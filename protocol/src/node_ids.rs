//! A short list of nodes, as each partition has several: no longer than two words, and on the heap only if it must be.

use std::fmt;
use std::ops::Deref;

use crate::NodeId;

/// So many ids fit without an allocation: replication factors beyond are rare.
const INLINE_MAX: usize = 3;

/// Nodes in order, as a replica list or an ISR has them. Reads like a slice.
#[derive(Clone)]
pub struct NodeIds(List);

#[derive(Clone)]
enum List {
    Inline {
        length: u8,
        ids: [NodeId; INLINE_MAX],
    },
    // The box around the vector keeps the whole list at two words.
    #[expect(clippy::box_collection, reason = "a vector alone is three words long")]
    Long(Box<Vec<NodeId>>),
}

impl Default for NodeIds {
    fn default() -> NodeIds {
        NodeIds(List::Inline {
            length: 0,
            ids: [NodeId(0); INLINE_MAX],
        })
    }
}

impl Deref for NodeIds {
    type Target = [NodeId];

    fn deref(&self) -> &[NodeId] {
        match &self.0 {
            List::Inline { length, ids } => &ids[..usize::from(*length)],
            List::Long(ids) => ids,
        }
    }
}

impl FromIterator<NodeId> for NodeIds {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> NodeIds {
        let mut ids = ids.into_iter();
        let (mut length, mut inline) = (0, [NodeId(0); INLINE_MAX]);
        while let Some(id) = ids.next() {
            let Some(place) = inline.get_mut(usize::from(length)) else {
                let long = inline.into_iter().chain([id]).chain(ids).collect();
                return NodeIds(List::Long(Box::new(long)));
            };
            *place = id;
            length += 1;
        }
        NodeIds(List::Inline { length, ids: inline })
    }
}

impl From<Vec<NodeId>> for NodeIds {
    fn from(ids: Vec<NodeId>) -> NodeIds {
        ids.into_iter().collect()
    }
}

impl<const N: usize> From<[NodeId; N]> for NodeIds {
    fn from(ids: [NodeId; N]) -> NodeIds {
        ids.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a NodeIds {
    type Item = &'a NodeId;
    type IntoIter = std::slice::Iter<'a, NodeId>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for NodeIds {
    fn eq(&self, other: &NodeIds) -> bool {
        **self == **other
    }
}

impl Eq for NodeIds {}

impl fmt::Debug for NodeIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_it_was_given(ids in prop::collection::vec(any::<i32>().prop_map(NodeId), 0..9)) {
            let list = NodeIds::from(ids.clone());
            prop_assert_eq!(&*list, ids.as_slice());
            prop_assert_eq!(list.clone(), list);
        }
    }

    #[test]
    fn it_is_two_words_long() {
        assert_eq!(size_of::<NodeIds>(), 2 * size_of::<u64>());
    }
}
