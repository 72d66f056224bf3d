//! What happens to files: bits flip, ends are missing, lengths go wild, pieces come twice.

use proptest::prelude::*;
use proptest::sample::Index;

/// One damage.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Flip {
        at: Index,
        bits: u8,
    },
    CutOff {
        at: Index,
    },
    /// Four bytes that are a length somewhere.
    Number {
        at: Index,
        value: u32,
    },
    Repeat {
        from: Index,
        length: Index,
        to: Index,
    },
    Remove {
        from: Index,
        length: Index,
    },
}

impl Damage {
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let size = bytes.len();
        let piece = |from: &Index, length: &Index| {
            let from = from.index(size);
            from..(from + length.index(200) + 1).min(size)
        };
        match self {
            Damage::Flip { at, bits } => bytes[at.index(size)] ^= bits,
            Damage::CutOff { at } => bytes.truncate(at.index(size)),
            Damage::Number { at, value } => {
                let at = at.index(size);
                let end = size.min(at + 4);
                bytes[at..end].copy_from_slice(&value.to_be_bytes()[..end - at]);
            }
            Damage::Repeat { from, length, to } => {
                let copy = bytes[piece(from, length)].to_vec();
                let to = to.index(size);
                bytes.splice(to..to, copy);
            }
            Damage::Remove { from, length } => drop(bytes.drain(piece(from, length))),
        }
    }
}

pub(crate) fn any_damage() -> impl Strategy<Value = Damage> {
    let number = prop_oneof![
        Just(0),
        Just(u32::MAX),
        Just(i32::MAX.unsigned_abs()),
        Just(0x00ff_ffff),
        0..1_000u32,
        any::<u32>(),
    ];
    prop_oneof![
        (any::<Index>(), 1..=255u8).prop_map(|(at, bits)| Damage::Flip { at, bits }),
        any::<Index>().prop_map(|at| Damage::CutOff { at }),
        (any::<Index>(), number).prop_map(|(at, value)| Damage::Number { at, value }),
        any::<[Index; 3]>().prop_map(|[from, length, to]| Damage::Repeat { from, length, to }),
        any::<[Index; 2]>().prop_map(|[from, length]| Damage::Remove { from, length }),
    ]
}
