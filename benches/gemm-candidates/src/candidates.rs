//! The libraries under comparison, each behind the same safe function signature.

use std::cell::RefCell;

use convnet_runtime::gemm::{memory_length, multiply};
use convnet_runtime::simd::Tier;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{ArrayView2, ArrayViewMut2};

/// C = A * B, with C `rows` x `cols` in row-major order and `depth` summed over.
pub struct Product {
    pub form: Form,
    pub rows: usize,
    pub cols: usize,
    pub depth: usize,
}

/// How A and B lie in memory.
#[derive(Clone, Copy)]
pub enum Form {
    /// A is row-major (pixels x taps); B's transpose is (filters x taps).
    Forward,
    /// A's transpose is row-major (pixels x filters); so is B (pixels x taps).
    FilterGradient,
}

impl Product {
    /// (row stride, column stride) of A and of B, whose slices must have the right lengths.
    pub fn strides(&self, a: &[f32], b: &[f32], c: &[f32]) -> [(isize, isize); 2] {
        assert_eq!(a.len(), self.rows * self.depth);
        assert_eq!(b.len(), self.depth * self.cols);
        assert_eq!(c.len(), self.rows * self.cols);
        match self.form {
            Form::Forward => [(self.depth as isize, 1), (1, self.depth as isize)],
            Form::FilterGradient => [(1, self.rows as isize), (self.cols as isize, 1)],
        }
    }
}

/// Overwrites the last slice with the product of the first two, on the given number of threads.
pub type Multiply = fn(usize, &Product, &[f32], &[f32], &mut [f32]);

/// Library, threads and function of each candidate. Add a further one here.
pub const CANDIDATES: &[(&str, usize, Multiply)] = &[
    ("faer", 1, with_faer),
    ("gemm", 1, with_gemm),
    #[cfg(not(feature = "matrixmultiply-threading"))]
    ("matrixmultiply", 1, with_matrixmultiply),
    ("ours", 1, with_ours),
    ("faer", 2, with_faer),
    ("gemm", 2, with_gemm),
    #[cfg(feature = "matrixmultiply-threading")]
    ("matrixmultiply", 2, with_matrixmultiply),
];

/// The runtime's own product: B is packed into memory that the caller keeps, here one buffer a thread.
fn with_ours(_: usize, product: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    thread_local! {
        static MEMORY: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
    }
    let &Product { rows, cols, depth, .. } = product;
    let tier = Tier::current().expect("a tier of this machine");
    let a_and_b = match product.form {
        Form::Forward => (
            ArrayView2::from_shape((rows, depth), a),
            ArrayView2::from_shape((cols, depth), b).map(ArrayView2::reversed_axes),
        ),
        Form::FilterGradient => (
            ArrayView2::from_shape((depth, rows), a).map(ArrayView2::reversed_axes),
            ArrayView2::from_shape((depth, cols), b),
        ),
    };
    let (Ok(a), Ok(b)) = a_and_b else { unreachable!("the lengths of the slices were checked") };
    c.fill(0.0);
    let c = ArrayViewMut2::from_shape((rows, cols), c).expect("the length of the slice was checked");
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(memory_length::<f32>(tier, depth, cols).max(memory.len()), 0.0);
        multiply(tier, a, b, c, memory);
    });
}

fn with_faer(threads: usize, product: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let &Product { rows, cols, depth, .. } = product;
    let (a, b) = match product.form {
        Form::Forward => {
            (MatRef::from_row_major_slice(a, rows, depth), MatRef::from_column_major_slice(b, depth, cols))
        }
        Form::FilterGradient => {
            (MatRef::from_column_major_slice(a, rows, depth), MatRef::from_row_major_slice(b, depth, cols))
        }
    };
    let c = MatMut::from_row_major_slice_mut(c, rows, cols);
    let parallelism = match threads {
        1 => Par::Seq,
        _ => Par::rayon(threads),
    };
    matmul(c, Accum::Replace, a, b, 1.0, parallelism);
}

fn with_gemm(threads: usize, product: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let &Product { rows, cols, depth, .. } = product;
    let [(a_row, a_col), (b_row, b_col)] = product.strides(a, b, c);
    let (c, c_row, c_col) = (c.as_mut_ptr(), cols as isize, 1);
    let (a, b) = (a.as_ptr(), b.as_ptr());
    let parallelism = match threads {
        1 => gemm::Parallelism::None,
        _ => gemm::Parallelism::Rayon(threads),
    };
    // SAFETY: `strides` made sure that every entry lies inside its slice. Each matrix comes with
    // its column stride before its row stride; C is not read.
    unsafe {
        gemm::gemm(
            rows,
            cols,
            depth,
            c,
            c_col,
            c_row,
            false,
            a,
            a_col,
            a_row,
            b,
            b_col,
            b_row,
            0.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

fn with_matrixmultiply(_: usize, product: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let &Product { rows, cols, depth, .. } = product;
    let [(a_row, a_col), (b_row, b_col)] = product.strides(a, b, c);
    let (c, c_row, c_col) = (c.as_mut_ptr(), cols as isize, 1);
    let (a, b) = (a.as_ptr(), b.as_ptr());
    // SAFETY: `strides` made sure that every entry lies inside its slice.
    unsafe {
        matrixmultiply::sgemm(rows, depth, cols, 1.0, a, a_row, a_col, b, b_row, b_col, 0.0, c, c_row, c_col);
    }
}
