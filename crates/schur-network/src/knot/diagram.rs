//! Planar diagrams: crossings, and which of their ends an edge joins.

use std::collections::BTreeMap;

use super::KnotError;
use super::parse::integers;

/// A diagram of a knot or link on the sphere.
///
/// A crossing is the labels of its four edges, counterclockwise from an end of the lower strand. So the lower strand
/// joins the first and the third, the upper one the second and the fourth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    /// Labels are `0..2 * crossings.len()`.
    crossings: Vec<[usize; 4]>,
    /// Components that meet no crossing.
    circles: usize,
    writhe: i64,
}

impl Diagram {
    /// Checks a planar diagram code: the first label of each crossing is the *incoming* lower strand.
    ///
    /// No crossing at all is the unknot. Which way a component runs that passes only above others does not matter.
    ///
    /// # Errors
    /// [`KnotError::Label`] for a label that does not occur twice, [`KnotError::Direction`] if the lower strands'
    /// directions contradict each other, [`KnotError::NotPlanar`] if the crossings do not fit onto a sphere.
    ///
    /// # Examples
    /// ```
    /// use schur_network::knot::{Diagram, jones};
    ///
    /// let trefoil = Diagram::new(&[[1, 5, 2, 4], [3, 1, 4, 6], [5, 3, 6, 2]])?;
    /// assert_eq!(jones(&trefoil)?.to_string(), "t + t^3 - t^4");
    /// # Ok::<(), schur_network::knot::KnotError>(())
    /// ```
    pub fn new(crossings: &[[usize; 4]]) -> Result<Self, KnotError> {
        let incoming: Vec<usize> = (0..crossings.len()).map(|crossing| 4 * crossing).collect();
        Self::oriented(crossings, &incoming, usize::from(crossings.is_empty()))
    }

    /// Reads a planar diagram code, as `X[1,5,2,4] X[3,1,4,6] X[5,3,6,2]` or `[[1,5,2,4],[3,1,4,6],[5,3,6,2]]`.
    ///
    /// # Errors
    /// [`KnotError::Text`], and those of [`new`](Self::new).
    pub fn from_text(text: &str) -> Result<Self, KnotError> {
        let mut labels = Vec::new();
        for (position, number) in integers(text, "PDXpdx")? {
            let expected = "a label of an edge, a number from 0 on";
            let error = |_| KnotError::Text { text: number.to_string(), position, expected };
            labels.push(usize::try_from(number).map_err(error)?);
        }
        let (crossings, rest) = labels.as_chunks();
        if !rest.is_empty() {
            let (text, expected) = (format!("{rest:?}"), "a crossing of four labels");
            return Err(KnotError::Text { text, position: 0, expected });
        }
        Self::new(crossings)
    }

    /// Keeps crossings whose ends `incoming` (four times the crossing plus the place in it) run into them.
    ///
    /// Other components run into the first crossing that they pass below at its first end.
    pub(super) fn oriented(crossings: &[[usize; 4]], incoming: &[usize], circles: usize) -> Result<Self, KnotError> {
        let ends = Ends::new(crossings)?;
        ends.check_planar()?;
        let directions = ends.directions(incoming)?;
        let sign = |crossing: usize| if directions[4 * crossing] == directions[4 * crossing + 3] { 1 } else { -1 };
        let writhe = (0..crossings.len()).map(sign).sum();
        Ok(Self { crossings: ends.crossings(), circles, writhe })
    }

    /// The crossings, with labels from 0.
    pub fn crossings(&self) -> &[[usize; 4]] {
        &self.crossings
    }

    /// Components that meet no crossing.
    pub const fn circles(&self) -> usize {
        self.circles
    }

    /// The sum of the crossings' signs.
    pub const fn writhe(&self) -> i64 {
        self.writhe
    }
}

/// The ends of edges at crossings: end `4 * crossing + place`.
struct Ends {
    /// The label of each end, as given.
    labels: Vec<usize>,
    /// The other end of its edge.
    mates: Vec<usize>,
}

impl Ends {
    fn new(crossings: &[[usize; 4]]) -> Result<Self, KnotError> {
        let labels = crossings.concat();
        let mut ends: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        labels.iter().enumerate().for_each(|(end, &label)| ends.entry(label).or_default().push(end));
        let mut mates = vec![0; labels.len()];
        for (label, ends) in ends {
            let [a, b] = ends[..] else { return Err(KnotError::Label { label, found: ends.len() }) };
            (mates[a], mates[b]) = (b, a);
        }
        Ok(Self { labels, mates })
    }

    /// Crossings whose labels are numbered in the order in which edges first occur.
    fn crossings(&self) -> Vec<[usize; 4]> {
        let mut number = vec![0; self.labels.len()];
        let mut edges = 0;
        for end in 0..self.labels.len() {
            let first = end.min(self.mates[end]);
            if first == end {
                number[end] = edges;
                edges += 1;
            }
            number[end] = number[first];
        }
        number.as_chunks().0.to_vec()
    }

    /// Walks along edges, turning to the next end at each crossing, and counts the faces walked round.
    fn check_planar(&self) -> Result<(), KnotError> {
        let turned = |end: usize| (end & !3) | ((end + 1) & 3);
        let faces = orbits(self.labels.len(), |end| vec![turned(self.mates[end])]);
        let pieces = orbits(self.labels.len(), |end| vec![self.mates[end], turned(end)]);
        let expected = self.labels.len() / 4 + 2 * pieces;
        if faces == expected { Ok(()) } else { Err(KnotError::NotPlanar { faces, expected }) }
    }

    /// Whether each end runs into its crossing, as the given ones do.
    fn directions(&self, incoming: &[usize]) -> Result<Vec<bool>, KnotError> {
        let mut directions = vec![None; self.labels.len()];
        incoming.iter().try_for_each(|&end| self.follow(end, &mut directions))?;
        for place in [0, 1] {
            for end in (place..self.labels.len()).step_by(4) {
                if directions[end].is_none() {
                    self.follow(end, &mut directions)?;
                }
            }
        }
        Ok(directions.into_iter().flatten().collect())
    }

    /// Follows a strand that runs into its crossing at `start`, all the way round.
    fn follow(&self, start: usize, directions: &mut [Option<bool>]) -> Result<(), KnotError> {
        let mut end = start;
        loop {
            match directions[end] {
                Some(true) => return Ok(()),
                Some(false) => return Err(KnotError::Direction { label: self.labels[end] }),
                None => {}
            }
            let opposite = end ^ 2;
            directions[end] = Some(true);
            directions[opposite] = Some(false);
            end = self.mates[opposite];
        }
    }
}

/// Counts the sets into which `0..count` falls when each element is together with those that `neighbours` gives.
fn orbits(count: usize, neighbours: impl Fn(usize) -> Vec<usize>) -> usize {
    let mut seen = vec![false; count];
    let mut orbits = 0;
    for start in 0..count {
        orbits += usize::from(!seen[start]);
        let mut stack = vec![start];
        while let Some(element) = stack.pop() {
            if !std::mem::replace(&mut seen[element], true) {
                stack.extend(neighbours(element));
            }
        }
    }
    orbits
}
