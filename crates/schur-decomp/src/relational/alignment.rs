//! Groups of several fits brought into one order, and how clearly they stand apart.

/// Rounds of alignment; it settles in a few.
const ROUNDS: usize = 100;

/// Columns of several fits: `columns[fit][group]`, each of norm one.
pub(super) type Columns = Vec<Vec<Vec<f64>>>;

/// Orders each fit's columns by those of a common centre; returns the centre, medians of norm one.
pub(super) fn align(columns: &mut [Vec<Vec<f64>>]) -> Vec<Vec<f64>> {
    let mut centres = columns.first().cloned().unwrap_or_default();
    for _ in 0..ROUNDS {
        let mut moved = false;
        for fit in columns.iter_mut() {
            let order = matching(&centres, fit);
            moved |= order.iter().enumerate().any(|(to, &from)| to != from);
            *fit = order.iter().map(|&from| fit[from].clone()).collect();
        }
        centres = (0..centres.len()).map(|group| median(columns, group)).collect();
        if !moved {
            break;
        }
    }
    centres
}

/// For each centre the column that belongs to it: the most alike pair first, then the next among those left.
fn matching(centres: &[Vec<f64>], fit: &[Vec<f64>]) -> Vec<usize> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (to, centre) in centres.iter().enumerate() {
        pairs.extend(fit.iter().enumerate().map(|(from, column)| (dot(centre, column), to, from)));
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut order = vec![None; centres.len()];
    let mut taken = vec![false; fit.len()];
    for (_, to, from) in pairs {
        if order[to].is_none() && !taken[from] {
            order[to] = Some(from);
            taken[from] = true;
        }
    }
    order.into_iter().map(|from| from.unwrap_or(0)).collect()
}

/// The median of a group's columns, entry by entry, scaled to norm one.
fn median(columns: &[Vec<Vec<f64>>], group: usize) -> Vec<f64> {
    let len = columns[0][group].len();
    let mut centre: Vec<f64> = (0..len)
        .map(|entry| {
            let mut entries: Vec<f64> = columns.iter().map(|fit| fit[group][entry]).collect();
            entries.sort_by(f64::total_cmp);
            (entries[(entries.len() - 1) / 2] + entries[entries.len() / 2]) / 2.0
        })
        .collect();
    let norm = dot(&centre, &centre).sqrt();
    centre.iter_mut().for_each(|x| *x /= if norm > 0.0 { norm } else { 1.0 });
    centre
}

/// The mean silhouette of each group, with angles for distances; one for a single group.
///
/// Source: Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", 1987.
pub(super) fn silhouettes(columns: &[Vec<Vec<f64>>]) -> Vec<f64> {
    let (fits, groups) = (columns.len(), columns.first().map_or(0, Vec::len));
    if groups < 2 || fits < 2 {
        return vec![1.0; groups];
    }
    let angle = |x: &[f64], y: &[f64]| dot(x, y).clamp(-1.0, 1.0).acos();
    let silhouette = |fit: usize, group: usize| {
        let column = &columns[fit][group];
        let distance = |other: usize| columns.iter().map(|fit| angle(column, &fit[other])).sum::<f64>();
        // The distance to itself is nought.
        let own = distance(group) / (fits - 1) as f64;
        let others = (0..groups).filter(|&other| other != group).map(|other| distance(other) / fits as f64);
        let nearest = others.fold(f64::INFINITY, f64::min);
        let largest = own.max(nearest);
        if largest > 0.0 { (nearest - own) / largest } else { 0.0 }
    };
    (0..groups).map(|group| (0..fits).map(|fit| silhouette(fit, group)).sum::<f64>() / fits as f64).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permuted_copies_are_aligned_and_stand_apart() {
        let (x, y, z) = (vec![1.0, 0.0, 0.0], vec![0.0, 0.8, 0.6], vec![0.0, 0.0, 1.0]);
        let mut columns =
            vec![vec![x.clone(), y.clone(), z.clone()], vec![z.clone(), x.clone(), y.clone()], vec![y, z, x]];
        let centres = align(&mut columns);
        assert!(columns.iter().all(|fit| *fit == columns[0]) && centres == columns[0]);
        // Rounding of the cosine makes angles of 1e-8.
        assert!(silhouettes(&columns).iter().all(|value| (value - 1.0).abs() < 1e-6));
    }

    #[test]
    fn columns_without_order_have_low_silhouettes() {
        let column = |angle: f64| vec![angle.cos(), angle.sin()];
        let mut columns: Columns =
            (0..6).map(|fit| vec![column(0.25 * f64::from(fit)), column(0.25 * f64::from(fit) + 0.1)]).collect();
        align(&mut columns);
        assert!(silhouettes(&columns).iter().all(|&value| value < 0.5));
        assert_eq!(silhouettes(&[vec![column(0.0)], vec![column(1.0)]]), [1.0]);
    }
}
