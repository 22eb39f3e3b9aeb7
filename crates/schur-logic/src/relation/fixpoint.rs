//! Recursion to a fixed point.
//!
//! Where adding a derivation twice changes nothing, only derivations from rows that the last round brought or bettered
//! are made (semi-naive evaluation). In the real numbers every derivation counts, so each round computes the weights of
//! all rows from those of the round before, beginning with none, until they settle: the least solution of the
//! equations, where they have one.

use std::collections::HashMap;

use super::Relation;
use super::join::{Compiled, Derivation, Fresh, JoinError, derive};
use super::weights::Weights;

/// Why there is no fixed point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FixpointError {
    /// A rule, by its position, could not be joined.
    Join(usize, JoinError),
    /// A relation still changed after so many rounds.
    Rounds { relation: usize, rounds: usize },
    /// A weight of a relation is not a number any more.
    NotFinite { relation: usize },
    /// A relation would have too many rows.
    Rows { relation: usize },
}

/// How far a recursion may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    pub(crate) rows: usize,
    pub(crate) rounds: usize,
}

/// Adds to relations all that rules derive, which must be all rules of those relations.
///
/// `members` are the relations of the rules' heads, with the facts that they begin with.
pub(crate) fn complete(
    rules: &[Compiled],
    members: &[usize],
    is_recursive: bool,
    relations: &mut [Relation],
    reach: Reach,
) -> Result<(), FixpointError> {
    if !is_recursive {
        for (position, rule) in rules.iter().enumerate() {
            let derived = derive_rule((position, rule), relations, None, reach)?;
            merge(&derived, rule.head.relation, relations, reach)?;
        }
        return Ok(());
    }
    if members.iter().all(|&member| relations[member].weights().is_idempotent()) {
        semi_naive(rules, members, relations, reach)
    } else {
        naive(rules, members, relations, reach)
    }
}

/// Derives the rows of one rule; those of a Boolean head that are known already are left out.
fn derive_rule(
    (position, rule): (usize, &Compiled),
    relations: &mut [Relation],
    fresh: Option<Fresh<'_>>,
    reach: Reach,
) -> Result<Relation, FixpointError> {
    let weights = relations[rule.head.relation].weights();
    let how = Derivation { weights, fresh, leaves_out_known: weights == Weights::Boolean, most_rows: reach.rows };
    derive(rule, relations, how).map_err(|error| FixpointError::Join(position, error))
}

/// Adds derived rows to a relation and returns those that are new or have another weight.
fn merge(
    derived: &Relation,
    relation: usize,
    relations: &mut [Relation],
    reach: Reach,
) -> Result<Vec<usize>, FixpointError> {
    let target = &mut relations[relation];
    let weights = target.weights();
    let mut changed = Vec::new();
    for row in 0..derived.len() {
        let weight = derived.weight(row);
        let (place, is_new) = target.insert(derived.row(row), weight);
        if is_new {
            changed.push(place);
            continue;
        }
        let before = target.weight(place);
        let after = weights.add(before, weight).map_err(|_| FixpointError::NotFinite { relation })?;
        if after != before {
            target.set_weight(place, after);
            changed.push(place);
        }
    }
    if target.len() > reach.rows {
        return Err(FixpointError::Rows { relation });
    }
    Ok(changed)
}

fn semi_naive(
    rules: &[Compiled],
    members: &[usize],
    relations: &mut [Relation],
    reach: Reach,
) -> Result<(), FixpointError> {
    let mut fresh: HashMap<usize, Vec<usize>> = HashMap::new();
    // In the first round the rows that the relations begin with are new, and rules may need none of them.
    for (position, rule) in rules.iter().enumerate() {
        if !rule.positive.iter().any(|atom| members.contains(&atom.relation)) {
            let derived = derive_rule((position, rule), relations, None, reach)?;
            merge(&derived, rule.head.relation, relations, reach)?;
        }
    }
    for &member in members {
        fresh.insert(member, (0..relations[member].len()).collect());
    }
    let mut round = 0;
    while fresh.values().any(|rows| !rows.is_empty()) {
        let weighted = members.iter().find(|&&member| {
            relations[member].weights() != Weights::Boolean && fresh.get(&member).is_some_and(|rows| !rows.is_empty())
        });
        if let Some(&relation) = weighted.filter(|_| round >= reach.rounds) {
            return Err(FixpointError::Rounds { relation, rounds: round });
        }
        fresh = semi_naive_round(rules, &fresh, relations, reach)?;
        round += 1;
    }
    Ok(())
}

fn semi_naive_round(
    rules: &[Compiled],
    fresh: &HashMap<usize, Vec<usize>>,
    relations: &mut [Relation],
    reach: Reach,
) -> Result<HashMap<usize, Vec<usize>>, FixpointError> {
    let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
    for (position, rule) in rules.iter().enumerate() {
        for (atom, condition) in rule.positive.iter().enumerate() {
            let Some(rows) = fresh.get(&condition.relation).filter(|rows| !rows.is_empty()) else { continue };
            let derived = derive_rule((position, rule), relations, Some(Fresh { atom, rows }), reach)?;
            let changed = merge(&derived, rule.head.relation, relations, reach)?;
            next.entry(rule.head.relation).or_default().extend(changed);
        }
    }
    for rows in next.values_mut() {
        rows.sort_unstable();
        rows.dedup();
    }
    Ok(next)
}

fn naive(rules: &[Compiled], members: &[usize], relations: &mut [Relation], reach: Reach) -> Result<(), FixpointError> {
    let facts: Vec<Relation> = members.iter().map(|&member| relations[member].clone()).collect();
    for round in 0.. {
        let mut next = facts.clone();
        for (position, rule) in rules.iter().enumerate() {
            let weights = relations[rule.head.relation].weights();
            let how = Derivation { weights, fresh: None, leaves_out_known: false, most_rows: reach.rows };
            let derived = derive(rule, relations, how).map_err(|error| FixpointError::Join(position, error))?;
            let Some(member) = members.iter().position(|&member| member == rule.head.relation) else { continue };
            merge(&derived, member, &mut next, reach)?;
        }
        let mut unsettled = None;
        for (&member, after) in members.iter().zip(next) {
            if let Some(is_settled) = settled(&relations[member], &after) {
                if !is_settled {
                    unsettled = Some(member);
                }
            } else {
                return Err(FixpointError::NotFinite { relation: member });
            }
            relations[member] = after;
        }
        match unsettled {
            None => break,
            Some(relation) if round >= reach.rounds => return Err(FixpointError::Rounds { relation, rounds: round }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether no weight has changed; none if one is not a number any more.
fn settled(before: &Relation, after: &Relation) -> Option<bool> {
    let weights = after.weights();
    let mut is_settled = before.len() == after.len();
    for row in 0..after.len() {
        let weight = after.weight(row);
        if !weight.is_finite() {
            return None;
        }
        let earlier = before.find(after.row(row)).map_or(weights.zero(), |place| before.weight(place));
        is_settled &= earlier == weight || (earlier.is_finite() && weights.is_settled(earlier, weight));
    }
    Some(is_settled)
}
