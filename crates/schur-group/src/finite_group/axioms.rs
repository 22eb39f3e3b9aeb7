//! The axioms of a group, checked on a multiplication table.

use super::FiniteGroup;
use crate::FiniteGroupError;

pub(super) fn check_table(table: &[Vec<usize>]) -> Result<(), FiniteGroupError> {
    let order = table.len();
    if order > FiniteGroup::MAX_ORDER {
        return Err(FiniteGroupError::NotFinite { max: FiniteGroup::MAX_ORDER });
    }
    for (row, products) in table.iter().enumerate() {
        if products.len() != order {
            return Err(FiniteGroupError::RowLength { row, expected: order, found: products.len() });
        }
        if let Some(&element) = products.iter().find(|product| **product >= order) {
            return Err(FiniteGroupError::UnknownElement { element, order });
        }
        let mut seen = vec![None; order];
        for (column, &product) in products.iter().enumerate() {
            if let Some(first) = seen[product].replace(column) {
                return Err(FiniteGroupError::NotInvertible { element: row, first, second: column, product });
            }
        }
    }
    Ok(())
}

/// Light's test: it is enough that the middle factors are the generators, provided that these generate everything.
pub(super) fn check_associative(order: usize, table: &[usize], generators: &[usize]) -> Result<(), FiniteGroupError> {
    let product = |g: usize, h: usize| table[g * order + h];
    for &s in generators {
        for (g, h) in (0..order).flat_map(|g| (0..order).map(move |h| (g, h))) {
            if product(product(g, s), h) != product(g, product(s, h)) {
                return Err(FiniteGroupError::NotAssociative { elements: [g, s, h] });
            }
        }
    }
    Ok(())
}

/// Writes every element as a shorter one times a generator.
pub(super) fn spell(
    order: usize,
    table: &[usize],
    identity: usize,
    generators: &[usize],
) -> Result<Vec<(usize, usize, usize)>, FiniteGroupError> {
    let mut known = vec![false; order];
    known[identity] = true;
    let (mut words, mut queue) = (Vec::new(), vec![identity]);
    let mut next = 0;
    while let Some(&shorter) = queue.get(next) {
        next += 1;
        for (number, &generator) in generators.iter().enumerate() {
            let element = table[shorter * order + generator];
            if !known[element] {
                known[element] = true;
                words.push((element, shorter, number));
                queue.push(element);
            }
        }
    }
    match known.iter().position(|known| !known) {
        Some(element) => Err(FiniteGroupError::NotGenerated { element, reached: queue.len(), order }),
        None => Ok(words),
    }
}
