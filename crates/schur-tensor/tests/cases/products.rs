//! Random products and sums, with every kind of layout that a contraction makes.

use proptest::prelude::*;
use schur_tensor::product::{Product, ProductAxis, Reduction, Strided};

/// A product and how many elements its left operand, right operand and result need.
#[derive(Debug, Clone)]
pub struct Case {
    pub product: Product,
    pub lengths: [usize; 3],
}

/// A generator of numbers that needs no crate.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }
}

/// Which of left, right and result have the axes of each group: batch, rows, columns, inner.
const MEMBERS: [[bool; 3]; 4] = [[true; 3], [true, false, true], [false, true, true], [true, true, false]];

/// A product of axes in groups, each tensor dense with its axes in an order of its own.
pub fn case(groups: &[(usize, usize)], seed: u64) -> Case {
    let mut numbers = Numbers(seed);
    let mut axes: Vec<ProductAxis> =
        groups.iter().map(|&(_, size)| ProductAxis { size, left: None, right: None, result: None }).collect();
    let lengths = std::array::from_fn(|tensor| {
        let mut own: Vec<usize> = (0..axes.len()).filter(|&axis| MEMBERS[groups[axis].0][tensor]).collect();
        numbers.shuffle(&mut own);
        let mut stride = 1;
        for axis in own {
            let place = &mut axes[axis];
            *[&mut place.left, &mut place.right, &mut place.result][tensor] = Some(stride.max(1_usize).cast_signed());
            stride *= axes[axis].size;
        }
        stride
    });
    Case { product: Product::new(&axes).unwrap(), lengths }
}

/// Up to two axes a group, of sizes zero and one among them.
pub fn cases() -> impl Strategy<Value = Case> {
    let axis = (0..4_usize, prop_oneof![4 => 1..8_usize, 1 => 8..30_usize, 1 => Just(0)]);
    (prop::collection::vec(axis, 0..6), any::<u64>())
        .prop_filter("few terms", |(axes, _)| axes.iter().map(|axis| axis.1).product::<usize>() < 40_000)
        .prop_map(|(axes, seed)| case(&axes, seed))
}

/// A sum over some axes of a dense tensor, with the lengths of source and result.
pub fn reductions() -> impl Strategy<Value = (Reduction, [usize; 2])> {
    let axis = (any::<bool>(), prop_oneof![4 => 1..7_usize, 1 => 7..90_usize, 1 => Just(0)]);
    (prop::collection::vec(axis, 0..5), any::<u64>())
        .prop_filter("few terms", |(axes, _)| axes.iter().map(|axis| axis.1).product::<usize>() < 40_000)
        .prop_map(|(axes, seed)| {
            let mut order: Vec<usize> = (0..axes.len()).collect();
            Numbers(seed).shuffle(&mut order);
            let (mut reduction, mut lengths) = (Reduction::default(), [1_usize; 2]);
            for axis in order {
                let (kept, size) = axes[axis];
                let strides = lengths.map(|stride| stride.max(1).cast_signed());
                if kept {
                    reduction.kept.push(Strided { size, strides });
                    lengths[1] *= size;
                } else {
                    reduction.summed.push(Strided { size, strides: [strides[0]] });
                }
                lengths[0] *= size;
            }
            (reduction, lengths)
        })
}
