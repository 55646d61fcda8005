//! A case: its description, its arrays by name, in our layout.

use std::path::PathBuf;

use convnet::geometry::{LayerKind, Role, Tensor};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value;

/// One folder of `tests/oracle/`.
pub(crate) struct Case {
    name: String,
    folder: PathBuf,
    meta: Value,
}

/// What a network computes in, which decides how far off it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Precision {
    Single,
    Double,
}

impl Precision {
    pub(crate) fn of<T>() -> Self {
        if size_of::<T>() == 8 { Self::Double } else { Self::Single }
    }
}

/// The folder that holds the cases.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

impl Case {
    pub(crate) fn open(name: &str) -> Self {
        let folder = folder().join(name);
        let meta = std::fs::read_to_string(folder.join("meta.json")).expect("a case's description");
        Self { name: name.to_owned(), meta: serde_json::from_str(&meta).expect("valid JSON"), folder }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn meta(&self) -> &Value {
        &self.meta
    }

    fn tensors(&self) -> impl Iterator<Item = &Value> {
        self.meta["tensors"].as_array().expect("a list of tensors").iter()
    }

    /// The names of its tensors that play one of these roles, in order.
    pub(crate) fn names(&self, roles: &[&str]) -> Vec<String> {
        let of_role = self.tensors().filter(|tensor| roles.iter().any(|role| tensor["role"] == *role));
        of_role.map(|tensor| tensor["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// A tensor, as it lies in its file.
    pub(crate) fn array(&self, name: &str) -> ArrayD<f64> {
        let tensor = self.tensors().find(|tensor| tensor["name"] == name);
        let tensor = tensor.unwrap_or_else(|| panic!("{}: no tensor {name}", self.name));
        let size = |side: &Value| usize::try_from(side.as_u64().expect("a size")).expect("a size");
        let shape: Vec<_> = tensor["shape"].as_array().expect("a shape").iter().map(size).collect();
        let file = self.folder.join(tensor["file"].as_str().expect("a file"));
        let bytes = std::fs::read(file).expect("its file");
        let (chunks, _) = bytes.as_chunks::<8>();
        let number = |bytes: &[u8; 8]| match tensor["dtype"].as_str() {
            Some("i64") => i64::from_le_bytes(*bytes) as f64,
            _ => f64::from_le_bytes(*bytes),
        };
        let numbers = chunks.iter().map(number).collect();
        ArrayD::from_shape_vec(IxDyn(&shape), numbers).expect("as many as its shape says")
    }

    /// A tensor's numbers, as they lie in its file.
    pub(crate) fn numbers(&self, name: &str) -> Vec<f64> {
        self.array(name).into_raw_vec_and_offset().0
    }

    pub(crate) fn labels(&self, name: &str) -> Vec<usize> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "labels are small")]
        self.numbers(name).into_iter().map(|label| label as usize).collect()
    }

    /// A volume or a filter in our layout: `[N, C, H, W]` to depth innermost.
    pub(crate) fn volume(&self, name: &str) -> Vec<f64> {
        let array = self.array(name);
        if array.ndim() == 4 { permuted(array, &[0, 2, 3, 1]) } else { permuted(array, &[]) }
    }

    /// A parameter, or the gradient by it, as our tensor of this layer holds it.
    pub(crate) fn parameter(&self, name: &str, tensor: &Tensor<'_>, layer: &LayerKind) -> Vec<f64> {
        let LayerKind::Dense(dense) = layer else { return self.volume(name) };
        let array = self.array(name);
        let input = dense.input();
        let volume = [input.depth, input.height, input.width];
        let with =
            |sides: &[usize]| array.to_shape([sides, &volume].concat()).expect("its inputs").to_owned();
        match (tensor.role, array.shape()) {
            (Role::Weights, &[outputs, _]) => permuted(with(&[outputs]).into_dyn(), &[0, 2, 3, 1]),
            // Pieces that compete are neighbours in ours.
            (Role::Weights, &[pieces, outputs, _]) => {
                permuted(with(&[pieces, outputs]).into_dyn(), &[1, 0, 3, 4, 2])
            }
            (Role::Bias, [_, _]) => permuted(array, &[1, 0]),
            _ => permuted(array, &[]),
        }
    }

    /// The weights of a fully connected layer of the course's, `[inputs, outputs]`, as ours.
    pub(crate) fn transposed(&self, name: &str) -> Vec<f64> {
        permuted(self.array(name), &[1, 0])
    }

    /// Compares numbers by the oracle's measure: the error relative to the largest number.
    pub(crate) fn compare(&self, name: &str, found: &[f64], expected: &[f64], precision: Precision) {
        let torch = self.meta["torch_f32_err"][name].as_f64().unwrap_or(0.0);
        let limit = match precision {
            Precision::Double => 1e-10,
            Precision::Single => f64::max(1e-5, 16.0 * torch),
        };
        self.compare_within(&format!("{precision:?}: {name}"), found, expected, limit);
    }

    /// Compares numbers by the same measure, to another limit.
    pub(crate) fn compare_within(&self, name: &str, found: &[f64], expected: &[f64], limit: f64) {
        assert_eq!(found.len(), expected.len(), "{}: {name}", self.name);
        let largest = expected.iter().fold(1e-2_f64, |largest, x| largest.max(x.abs()));
        for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
            let error = (found - expected).abs() / largest;
            assert!(error <= limit, "{}, {name}[{i}] is {found} for {expected}", self.name);
        }
    }
}

/// The numbers of an array with its axes in another order, or as they are.
fn permuted(array: ArrayD<f64>, axes: &[usize]) -> Vec<f64> {
    if axes.is_empty() {
        return array.iter().copied().collect();
    }
    array.permuted_axes(IxDyn(axes)).iter().copied().collect()
}
