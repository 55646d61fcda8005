//! CAT and ADD.

use convnet_geometry::{Join, Joint};
use ndarray::{Array4, ArrayView4};

use crate::scalar::Scalar;

/// For each number of each branch: the branch, where it lies in it, and where in the output.
fn numbers<T>(
    joint: &Joint,
    branches: &[ArrayView4<'_, T>],
    mut f: impl FnMut(usize, [usize; 4], [usize; 4]),
) {
    let mut first = 0;
    for (branch, input) in branches.iter().enumerate() {
        for ((n, y, x, d), _) in input.indexed_iter() {
            f(branch, [n, y, x, d], [n, y, x, first + d]);
        }
        first += if joint.join == Join::Stack { input.dim().3 } else { 0 };
    }
}

/// The channels of all branches, one branch after the other, or the sums of all branches.
pub fn join<T: Scalar>(joint: &Joint, branches: &[ArrayView4<'_, T>]) -> Array4<T> {
    let (n, y, x, _) = branches[0].dim();
    let mut output = Array4::zeros((n, y, x, joint.output.depth));
    numbers(joint, branches, |branch, from, to| output[to] += branches[branch][from]);
    output
}

/// The gradients of [`join`] by its branches.
pub fn join_gradients<T: Scalar>(
    joint: &Joint,
    branches: &[ArrayView4<'_, T>],
    output_gradient: ArrayView4<'_, T>,
) -> Vec<Array4<T>> {
    let mut gradients: Vec<_> = branches.iter().map(|branch| Array4::zeros(branch.dim())).collect();
    numbers(joint, branches, |branch, to, from| gradients[branch][to] += output_gradient[from]);
    gradients
}
