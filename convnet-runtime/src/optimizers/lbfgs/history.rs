//! The last steps and what they did to the gradient, which stand for second derivatives.

use std::collections::VecDeque;

use crate::scalar::Scalar;

/// The cosine between step and change of the gradient below which they are rounding.
const CURVED: f64 = 1e-8;

/// The pairs that are remembered, the oldest first.
pub(super) struct History<T> {
    pairs: VecDeque<Pair<T>>,
    /// How many there may be.
    length: usize,
    /// Each pair's share of the direction.
    shares: Vec<f64>,
}

struct Pair<T> {
    step: Vec<T>,
    /// Of the gradient.
    change: Vec<T>,
    /// Their inner product, above 0.
    product: f64,
    /// That of the change with itself.
    square: f64,
}

impl<T: Scalar> History<T> {
    pub(super) fn new(length: usize) -> Self {
        Self { pairs: VecDeque::new(), length, shares: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn forget(&mut self) {
        self.pairs.clear();
    }

    /// Remembers a step between places with these gradients, in the place of the oldest if there are enough; unless the loss
    /// is not curved upwards there.
    pub(super) fn remember(&mut self, places: [&[T]; 2], gradients: [&[T]; 2]) {
        let is_full = self.pairs.len() == self.length;
        let [step, change] = match if is_full { self.pairs.pop_front() } else { None } {
            Some(Pair { step, change, .. }) => [step, change],
            None => [Vec::new(), Vec::new()],
        };
        let (step, change) = (difference(step, places), difference(change, gradients));
        let (product, square) = (T::inner(&step, &change), T::inner(&change, &change));
        if product > CURVED * (T::inner(&step, &step) * square).sqrt() {
            self.pairs.push_back(Pair { step, change, product, square });
        }
    }

    /// The direction in which a quadratic that has been seen by these pairs has its minimum: Nocedal and Wright 2006,
    /// algorithm 7.4, the recursion of two loops.
    pub(super) fn direct(&mut self, gradient: &[T], direction: &mut [T]) {
        direction.copy_from_slice(gradient);
        T::scale(direction, -T::one());
        self.shares.clear();
        for Pair { step, change, product, .. } in self.pairs.iter().rev() {
            let share = T::inner(step, direction) / product;
            T::descend(direction, change, T::from_f64(share));
            self.shares.push(share);
        }
        if let Some(Pair { product, square, .. }) = self.pairs.back() {
            T::scale(direction, T::from_f64(product / square));
        }
        for (Pair { step, change, product, .. }, share) in self.pairs.iter().zip(self.shares.iter().rev()) {
            let back = T::inner(change, direction) / product;
            T::descend(direction, step, T::from_f64(back - share));
        }
    }
}

/// What lies between, in a vector that is used again.
fn difference<T: Scalar>(mut to: Vec<T>, [from, until]: [&[T]; 2]) -> Vec<T> {
    to.clear();
    to.extend_from_slice(until);
    T::descend(&mut to, from, T::one());
    to
}
