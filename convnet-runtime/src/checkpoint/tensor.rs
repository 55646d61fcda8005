//! Tensors of a checkpoint: a name, a shape, and numbers of one of a few types.

use std::fmt;

/// The type of a tensor's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dtype {
    /// Floats of 64 bits.
    F64,
    /// Signed integers of 64 bits.
    I64,
    /// Unsigned integers of 64 bits.
    U64,
    /// Floats of 32 bits.
    F32,
    /// Signed integers of 32 bits.
    I32,
    /// Unsigned integers of 32 bits.
    U32,
    /// Bytes.
    U8,
}

impl Dtype {
    /// All of them, the wider ones first.
    pub(super) const ALL: [Self; 7] =
        [Self::F64, Self::I64, Self::U64, Self::F32, Self::I32, Self::U32, Self::U8];

    /// As the header of a file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::I64 => "I64",
            Self::U64 => "U64",
            Self::F32 => "F32",
            Self::I32 => "I32",
            Self::U32 => "U32",
            Self::U8 => "U8",
        }
    }

    /// Bytes of a number.
    pub fn width(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::U8 => 1,
        }
    }

    /// The type of this name, if it is one of ours.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Numbers of a tensor, row-major.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum TensorData {
    /// Floats of 64 bits.
    F64(Vec<f64>),
    /// Signed integers of 64 bits.
    I64(Vec<i64>),
    /// Unsigned integers of 64 bits.
    U64(Vec<u64>),
    /// Floats of 32 bits.
    F32(Vec<f32>),
    /// Signed integers of 32 bits.
    I32(Vec<i32>),
    /// Unsigned integers of 32 bits.
    U32(Vec<u32>),
    /// Bytes.
    U8(Vec<u8>),
}

impl TensorData {
    /// The type of the numbers.
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::F64(_) => Dtype::F64,
            Self::I64(_) => Dtype::I64,
            Self::U64(_) => Dtype::U64,
            Self::F32(_) => Dtype::F32,
            Self::I32(_) => Dtype::I32,
            Self::U32(_) => Dtype::U32,
            Self::U8(_) => Dtype::U8,
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(numbers) => numbers.len(),
            Self::I64(numbers) => numbers.len(),
            Self::U64(numbers) => numbers.len(),
            Self::F32(numbers) => numbers.len(),
            Self::I32(numbers) => numbers.len(),
            Self::U32(numbers) => numbers.len(),
            Self::U8(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, if they are of this type.
    pub fn numbers<T: Number>(&self) -> Option<&[T]> {
        T::of(self)
    }
}

/// A number that a tensor can hold.
pub trait Number: Copy + sealed::Sealed {
    /// Its type.
    const DTYPE: Dtype;

    /// The numbers of a tensor, if they are of this type.
    #[doc(hidden)]
    fn of(data: &TensorData) -> Option<&[Self]>;

    /// Writes numbers, little-endian, into as many bytes as they take.
    #[doc(hidden)]
    fn encode(numbers: &[Self], to: &mut [u8]);

    /// Adds numbers to others, from as many bytes as they take.
    #[doc(hidden)]
    fn decode(bytes: &[u8], to: &mut Vec<Self>);
}

/// Keeps other crates from adding types that no file holds.
mod sealed {
    pub trait Sealed {}
}

/// A type and its variant; all have the same methods by name, without a trait in the standard library.
macro_rules! number {
    ($type:ty, $variant:ident) => {
        impl sealed::Sealed for $type {}

        impl Number for $type {
            const DTYPE: Dtype = Dtype::$variant;

            fn of(data: &TensorData) -> Option<&[Self]> {
                if let TensorData::$variant(numbers) = data { Some(numbers) } else { None }
            }

            fn encode(numbers: &[Self], to: &mut [u8]) {
                let (to, _) = to.as_chunks_mut::<{ size_of::<Self>() }>();
                std::iter::zip(to, numbers).for_each(|(to, number)| *to = number.to_le_bytes());
            }

            fn decode(bytes: &[u8], to: &mut Vec<Self>) {
                let (bytes, _) = bytes.as_chunks::<{ size_of::<Self>() }>();
                to.extend(bytes.iter().map(|&bytes| Self::from_le_bytes(bytes)));
            }
        }

        impl From<Vec<$type>> for TensorData {
            fn from(numbers: Vec<$type>) -> Self {
                Self::$variant(numbers)
            }
        }
    };
}

number!(f64, F64);
number!(i64, I64);
number!(u64, U64);
number!(f32, F32);
number!(i32, I32);
number!(u32, U32);
number!(u8, U8);

/// A tensor of a checkpoint.
#[derive(Clone, PartialEq, Debug)]
pub struct Tensor {
    /// Its name, of which a checkpoint has one alone: `conv1.weights`.
    pub name: String,
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// Its numbers, row-major, as many as the shape says.
    pub data: TensorData,
}

impl Tensor {
    /// A tensor. That there are as many numbers as the shape says is checked when it is saved.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>, data: impl Into<TensorData>) -> Self {
        Self { name: name.into(), shape: shape.into(), data: data.into() }
    }
}

/// How many numbers a shape has room for, if memory can hold so many of them. A size of 0 does not excuse the others.
pub(super) fn count(shape: &[usize], dtype: Dtype) -> Option<usize> {
    let mut sizes = shape.iter().filter(|&&size| size > 0);
    let bytes = sizes.try_fold(dtype.width(), |product, &size| product.checked_mul(size))?;
    isize::try_from(bytes).ok()?;
    Some(if shape.contains(&0) { 0 } else { bytes / dtype.width() })
}
