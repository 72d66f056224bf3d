//! One exploration, and what it found.

use std::fmt;

use stateright::{Checker as _, Expectation, HasDiscoveries, Model as _};

use crate::bounds::Bounds;

/// How an exploration went.
#[derive(Debug)]
pub struct Exploration {
    /// Whether there is no state within the bounds that was not seen.
    pub is_complete: bool,
    /// States.
    pub states: usize,
    /// Ways from one to another.
    pub steps: usize,
    /// Longest of the shortest ways to a state.
    pub depth: usize,
    /// Laws that can be broken, each with a way to.
    pub broken: Vec<(&'static str, Vec<String>)>,
    /// What should happen sometimes and never did.
    pub missing: Vec<&'static str>,
}

impl Exploration {
    /// Explores until all is seen, a law is broken, or so many steps were taken.
    pub fn of(bounds: Bounds, threads: usize, steps_max: Option<usize>) -> Exploration {
        Exploration::until(HasDiscoveries::AnyFailures, bounds, threads, steps_max)
    }

    /// Explores until all is seen, this law is broken, or so many steps were taken.
    pub fn until_broken(law: &'static str, bounds: Bounds, steps_max: usize) -> Exploration {
        let is_broken = HasDiscoveries::AnyOf([law].into());
        Exploration::until(is_broken, bounds, 1, Some(steps_max))
    }

    fn until(
        is_enough: HasDiscoveries,
        bounds: Bounds,
        threads: usize,
        steps_max: Option<usize>,
    ) -> Exploration {
        let properties = bounds.properties();
        let mut builder = bounds.checker().threads(threads).finish_when(is_enough);
        if let Some(steps_max) = steps_max {
            builder = builder.target_state_count(steps_max);
        }
        let checker = builder.spawn_bfs().join();
        let found = checker.discoveries();
        let broken: Vec<_> = properties
            .iter()
            .filter(|property| property.expectation == Expectation::Always)
            .filter_map(|property| {
                let path = found.get(property.name)?.clone();
                let actions = path
                    .into_actions()
                    .iter()
                    .map(|action| format!("{action:?}"))
                    .collect();
                Some((property.name, actions))
            })
            .collect();
        let is_missing = |name: &&str| !found.contains_key(*name);
        let sometimes = properties
            .iter()
            .filter(|property| property.expectation == Expectation::Sometimes);
        Exploration {
            is_complete: broken.is_empty() && steps_max.is_none_or(|most| checker.state_count() < most),
            states: checker.unique_state_count(),
            steps: checker.state_count(),
            depth: checker.max_depth(),
            broken,
            missing: sometimes
                .map(|property| property.name)
                .filter(is_missing)
                .collect(),
        }
    }
}

impl fmt::Display for Exploration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extent = if self.is_complete { "all" } else { "not all" };
        let Exploration {
            states, steps, depth, ..
        } = self;
        write!(
            formatter,
            "{states} states, {extent} within the bounds, {steps} steps, depth {depth}"
        )?;
        for (law, actions) in &self.broken {
            write!(formatter, "\nbroken: {law}")?;
            for action in actions {
                write!(formatter, "\n  {action}")?;
            }
        }
        for name in &self.missing {
            write!(formatter, "\nnever: {name}")?;
        }
        Ok(())
    }
}
