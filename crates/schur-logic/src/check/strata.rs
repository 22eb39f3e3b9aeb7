//! In which order to compute: what depends on itself together, everything else after what it depends on.

use std::collections::HashSet;

use super::symbols::Symbols;
use super::{CheckedRule, Stratum, SymbolKind};
use crate::error::{Fault, Located};
use crate::parse::tree::Literal;

/// Returns the strata in the order of their computation, and what each symbol is computed from.
pub(super) fn order(
    symbols: &Symbols<'_>,
    rules: &[CheckedRule<'_>],
) -> Result<(Vec<Stratum>, Vec<Vec<usize>>), Located> {
    let sources = sources(symbols, rules);
    let strata: Vec<Stratum> = components(&sources)
        .into_iter()
        .map(|members| {
            let is_recursive = members.len() > 1 || sources[members[0]].contains(&members[0]);
            Stratum { symbols: members, is_recursive }
        })
        .collect();
    for stratum in strata.iter().filter(|stratum| stratum.is_recursive) {
        check_circle(stratum, symbols, rules)?;
    }
    Ok((strata, sources))
}

fn sources(symbols: &Symbols<'_>, rules: &[CheckedRule<'_>]) -> Vec<Vec<usize>> {
    let mut sources: Vec<Vec<usize>> = vec![Vec::new(); symbols.list.len()];
    for rule in rules {
        for literal in &rule.rule.body {
            if let Literal::Holds(reference) | Literal::Fails(reference) | Literal::Exceeds { tensor: reference, .. } =
                literal
            {
                sources[rule.head].extend(symbols.names.get(reference.name.text.as_str()));
            }
        }
    }
    for (symbol, list) in symbols.list.iter().zip(&mut sources) {
        let SymbolKind::Equations(equations) = &symbol.kind else { continue };
        let mut references = Vec::new();
        equations.iter().for_each(|equation| equation.body.references(&mut references));
        list.extend(references.iter().filter_map(|reference| symbols.names.get(reference.name.text.as_str())));
    }
    for list in &mut sources {
        list.sort_unstable();
        list.dedup();
    }
    sources
}

fn check_circle(stratum: &Stratum, symbols: &Symbols<'_>, rules: &[CheckedRule<'_>]) -> Result<(), Located> {
    let members: HashSet<usize> = stratum.symbols.iter().copied().collect();
    let through = || {
        let names: Vec<String> =
            stratum.symbols.iter().map(|&symbol| format!("`{}`", symbols.list[symbol].name)).collect();
        names.join(", ")
    };
    if let Some(&tensor) = stratum.symbols.iter().find(|&&symbol| symbols.list[symbol].weights().is_none()) {
        let symbol = &symbols.list[tensor];
        return Err(Fault::Circle { tensor: symbol.name.to_owned(), through: through() }.at(symbol.span));
    }
    for rule in rules.iter().filter(|rule| members.contains(&rule.head)) {
        for literal in &rule.rule.body {
            if let Literal::Fails(reference) = literal
                && symbols.names.get(reference.name.text.as_str()).is_some_and(|symbol| members.contains(symbol))
            {
                let relation = symbols.list[rule.head].name.to_owned();
                return Err(Fault::Negation { relation, through: through() }.at(reference.span));
            }
        }
    }
    Ok(())
}

/// The strongly connected components of a graph, each after those that it has edges to.
///
/// # Source
/// R. Tarjan, *Depth-first search and linear graph algorithms*, 1972; with a stack of its own, since a program may be a
/// chain of any length.
fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut found = Vec::new();
    let (mut order, mut low) = (vec![UNSEEN; edges.len()], vec![0; edges.len()]);
    let mut is_open = vec![false; edges.len()];
    let (mut open, mut next) = (Vec::new(), 0);
    for start in 0..edges.len() {
        if order[start] != UNSEEN {
            continue;
        }
        let mut path = vec![(start, 0)];
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            if *edge == 0 {
                (order[node], low[node]) = (next, next);
                next += 1;
                open.push(node);
                is_open[node] = true;
            }
            if let Some(&target) = edges[node].get(*edge) {
                *edge += 1;
                if order[target] == UNSEEN {
                    path.push((target, 0));
                } else if is_open[target] {
                    low[node] = low[node].min(order[target]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[node]);
            }
            if low[node] == order[node] {
                let first = open.iter().rposition(|&other| other == node).unwrap_or(0);
                let members = open.split_off(first);
                members.iter().for_each(|&member| is_open[member] = false);
                found.push(members);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_come_after_what_they_depend_on() {
        let mut found = components(&[vec![1], vec![2, 3], vec![1], vec![], vec![4, 0]]);
        found.iter_mut().for_each(|members| members.sort_unstable());
        assert_eq!(found, [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn long_chains_need_no_deep_stack() {
        let edges: Vec<Vec<usize>> = (0..200_000).map(|node| if node == 0 { vec![] } else { vec![node - 1] }).collect();
        assert_eq!(components(&edges).len(), 200_000);
    }
}
