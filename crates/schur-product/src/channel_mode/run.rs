//! Runs of a product with channels: expand, evaluate, sum or mix; and back.

use schur_tensor::{Real, padded};

use super::{ChannelMode, ChannelProduct, ChannelProductCotangents, ChannelProductWorkspace};
use crate::{ProductError, irreps_layout::check_length};

/// Which channel index of a pair an argument has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl<T: Real> ChannelProduct<T> {
    /// Evaluates the product for each item.
    ///
    /// # Shapes
    /// Arguments: `[item][component][u]`, `[item][component][v]`, and weights as
    /// [`ChannelWeights`](super::ChannelWeights) says, if they are an argument. `z`: `[item][component][channel of the
    /// result]`, overwritten.
    ///
    /// # Errors
    /// [`ProductError`] naming the slice that does not fit.
    pub fn forward(
        &self,
        items: usize,
        arguments: &[&[T]],
        z: &mut [T],
        workspace: &mut ChannelProductWorkspace<T>,
    ) -> Result<(), ProductError> {
        let [x, y, weights] = self.check(items, arguments, z)?;
        let [wide_x, wide_y, paths, wide_z, ..] = &mut workspace.expanded;
        let x = self.widen(x, Side::Left, wide_x);
        let y = self.widen(y, Side::Right, wide_y);
        let arguments: Vec<&[T]> = [x, y].into_iter().chain(self.weighted.then_some(weights)).collect();
        if self.result_is_direct() {
            return Ok(self.plan.forward(items, &arguments, z, &mut workspace.plan)?);
        }
        paths.resize(items * self.path_rows * self.pairs, T::ZERO);
        self.plan.forward(items, &arguments, paths, &mut workspace.plan)?;
        let Some(dense) = &self.dense else {
            self.sum(paths, z, self.result_side());
            return Ok(());
        };
        let stride = padded(self.channels[2]);
        wide_z.clear();
        wide_z.resize(items * self.rows[2] * stride, T::ZERO);
        dense.forward(items, paths, wide_z);
        copy_rows(wide_z, stride, z, self.channels[2]);
        Ok(())
    }

    /// Evaluates the cotangents of arguments and weights from that of the result.
    ///
    /// # Shapes
    /// As in [`forward`](Self::forward); `cotangent` like `z`. Cotangents of shared or dense weights are sums over items.
    ///
    /// # Errors
    /// [`ProductError`] naming the slice that does not fit.
    pub fn backward(
        &self,
        items: usize,
        arguments: &[&[T]],
        cotangent: &[T],
        mut cotangents: ChannelProductCotangents<'_, T>,
        workspace: &mut ChannelProductWorkspace<T>,
    ) -> Result<(), ProductError> {
        let [x, y, weights] = self.check(items, arguments, cotangent)?;
        self.check_cotangents(items, &cotangents)?;
        let [wide_x, wide_y, paths, wide_z, gradient_x, gradient_y] = &mut workspace.expanded;
        let (x, y) = (self.widen(x, Side::Left, wide_x), self.widen(y, Side::Right, wide_y));
        let arguments: Vec<&[T]> = [x, y].into_iter().chain(self.weighted.then_some(weights)).collect();
        if let Some(dense) = &self.dense {
            let stride = padded(self.channels[2]);
            wide_z.clear();
            wide_z.resize(items * self.rows[2] * stride, T::ZERO);
            copy_rows(cotangent, self.channels[2], wide_z, stride);
            paths.resize(items * self.path_rows * self.pairs, T::ZERO);
            if let Some(weights) = &mut cotangents.weights {
                self.plan.forward(items, &arguments, paths, &mut workspace.plan)?;
                dense.weight_cotangent(items, paths, wide_z, weights);
            }
            dense.backward(items, wide_z, paths);
        } else if !self.result_is_direct() {
            paths.resize(items * self.path_rows * self.pairs, T::ZERO);
            self.spread(cotangent, paths, self.result_side());
        }
        let above = if self.result_is_direct() { cotangent } else { &paths[..] };
        let ChannelProductCotangents { mut left, mut right, weights } = cotangents;
        gradient_x.resize(if self.expanded[0] && left.is_some() { x.len() } else { 0 }, T::ZERO);
        gradient_y.resize(if self.expanded[1] && right.is_some() { y.len() } else { 0 }, T::ZERO);
        let mut list = vec![
            if self.expanded[0] { left.is_some().then_some(&mut gradient_x[..]) } else { left.as_deref_mut() },
            if self.expanded[1] { right.is_some().then_some(&mut gradient_y[..]) } else { right.as_deref_mut() },
        ];
        if self.weighted {
            list.push(weights);
        }
        self.plan.backward(items, &arguments, above, &mut list, &mut workspace.plan)?;
        if let (true, Some(left)) = (self.expanded[0], left) {
            self.sum(gradient_x, left, Side::Left);
        }
        if let (true, Some(right)) = (self.expanded[1], right) {
            self.sum(gradient_y, right, Side::Right);
        }
        Ok(())
    }

    fn check_cotangents(&self, items: usize, cotangents: &ChannelProductCotangents<'_, T>) -> Result<(), ProductError> {
        let ChannelProductCotangents { left, right, weights } = cotangents;
        for (index, (what, list)) in
            [("the first argument's cotangent", left), ("the second argument's cotangent", right)]
                .into_iter()
                .enumerate()
        {
            let expected = self.operand_len(items, index);
            check_length(what, expected, list.as_ref().map_or(expected, |list| list.len()))?;
        }
        let found = weights.as_ref().map(|weights| weights.len());
        match (&self.dense, found) {
            (Some(dense), Some(found)) => check_length("the cotangent of the weights", dense.len(), found),
            (None, Some(found)) if !self.weighted => check_length("the cotangent of the weights", 0, found),
            _ => Ok(()),
        }
    }

    /// Takes the arguments apart: the two of the map, and the weights, which are empty unless they are one.
    fn check<'a>(&self, items: usize, arguments: &[&'a [T]], result: &[T]) -> Result<[&'a [T]; 3], ProductError> {
        check_length("the list of arguments", 2 + usize::from(self.weighted), arguments.len())?;
        let (Some(&x), Some(&y)) = (arguments.first(), arguments.get(1)) else {
            return Err(ProductError::Length { what: "the list of arguments", expected: 2, found: arguments.len() });
        };
        check_length("the first argument", self.operand_len(items, 0), x.len())?;
        check_length("the second argument", self.operand_len(items, 1), y.len())?;
        check_length("the result", self.operand_len(items, 2), result.len())?;
        Ok([x, y, arguments.get(2).copied().unwrap_or_default()])
    }

    fn operand_len(&self, items: usize, operand: usize) -> usize {
        items.saturating_mul(self.rows[operand]).saturating_mul(self.channels[operand])
    }

    /// Whether the plan's result is that of the product.
    fn result_is_direct(&self) -> bool {
        let summed = match self.mode {
            ChannelMode::Uvu => self.channels[1] > 1,
            ChannelMode::Uvv => self.channels[0] > 1,
            mode => mode.mixes(),
        };
        !summed
    }

    fn result_side(&self) -> Side {
        if self.mode == ChannelMode::Uvv { Side::Right } else { Side::Left }
    }

    /// The argument with a number for each pair, or one for all.
    fn widen<'a>(&self, argument: &'a [T], side: Side, buffer: &'a mut Vec<T>) -> &'a [T] {
        if !self.expanded[side as usize] {
            return argument;
        }
        let channels = self.channels[side as usize];
        let rows = argument.len() / channels.max(1);
        buffer.clear();
        buffer.resize(rows * self.pairs, T::ZERO);
        self.spread(argument, buffer, side);
        buffer
    }

    /// Repeats each channel for all pairs that it is in.
    fn spread(&self, from: &[T], to: &mut [T], side: Side) {
        let channels = self.channels[side as usize].max(1);
        for (from, to) in from.chunks_exact(channels).zip(to.chunks_exact_mut(self.pairs.max(1))) {
            to.iter_mut().zip(&self.partners[side as usize]).for_each(|(to, &channel)| *to = from[channel]);
        }
    }

    /// Adds up the pairs that each channel is in.
    fn sum(&self, from: &[T], to: &mut [T], side: Side) {
        let channels = self.channels[side as usize].max(1);
        to.fill(T::ZERO);
        for (from, to) in from.chunks_exact(self.pairs.max(1)).zip(to.chunks_exact_mut(channels)) {
            from.iter().zip(&self.partners[side as usize]).for_each(|(&from, &channel)| to[channel] += from);
        }
    }
}

fn copy_rows<T: Copy>(from: &[T], from_stride: usize, to: &mut [T], to_stride: usize) {
    let used = from_stride.min(to_stride);
    for (from, to) in from.chunks_exact(from_stride.max(1)).zip(to.chunks_exact_mut(to_stride.max(1))) {
        to[..used].copy_from_slice(&from[..used]);
    }
}
