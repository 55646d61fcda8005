//! From bytes to a checkpoint: in one pass, piece by piece, each checked as it comes.

use std::io::{ErrorKind, Read};

use crc32fast::Hasher;

use super::checksum::{self, Verdict};
use super::file::{Checkpoint, Checksums, Origin, Part};
use super::header::{Entry, Header, LENGTH, LONGEST, Mistake};
use super::tensor::{Dtype, Number, Tensor, TensorData};
use crate::error::Error;

/// The most bytes that are read at once.
const PIECE: usize = 1 << 18;

/// Where the header begins.
const BEGIN: u64 = LENGTH as u64;

/// Something that is read, of a length that is known, and how far it has been.
pub(super) struct Reader<R> {
    contents: R,
    length: u64,
    origin: Origin,
    offset: u64,
    /// A piece of a tensor.
    piece: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(contents: R, length: u64, origin: Origin) -> Self {
        Self { contents, length, origin, offset: 0, piece: Vec::new() }
    }

    /// All of it.
    pub(super) fn read(mut self, checksums: Checksums) -> Result<Checkpoint, Error> {
        let text = self.header()?;
        let verdict = checksum::verify(&text);
        if let Verdict::Damaged { expected, found } = verdict {
            return Err(self.damaged(Part::Header, [0, self.offset], expected, found));
        }
        let mistake = |Mistake { offset, expected, found }| self.format(BEGIN + offset, expected, found);
        let Header { mut metadata, entries } =
            Header::read(&text, self.length - self.offset).map_err(mistake)?;
        drop(text);
        let names = entries.iter().map(|entry| entry.name.as_str());
        let sums = checksum::take(&mut metadata, &verdict, names)
            .map_err(|[expected, found]| self.format(BEGIN, expected, found))?;
        if sums.is_none() && checksums == Checksums::Required {
            return Err(Error::NoChecksums { origin: self.origin });
        }
        self.piece = vec![0; PIECE.min(usize::try_from(self.length - self.offset).unwrap_or(PIECE))];
        let mut tensors = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            tensors.push(self.tensor(entry, sums.as_ref().map(|sums| sums[index]))?);
        }
        Ok(Checkpoint { metadata, tensors })
    }

    /// The header's bytes.
    fn header(&mut self) -> Result<Vec<u8>, Error> {
        if self.length < BEGIN {
            return Err(self.format(0, "8 bytes, the length of the header", self.length.to_string()));
        }
        let mut length = [0; LENGTH];
        self.fill(&mut length)?;
        let (length, most) = (u64::from_le_bytes(length), LONGEST.min(self.length - BEGIN));
        if length > most {
            let expected = format!("a header of at most {most} bytes, which are there");
            return Err(self.format(0, expected, format!("the length {length}")));
        }
        let mut text = vec![0; usize::try_from(length).expect("at most 100 million")];
        self.fill(&mut text)?;
        Ok(text)
    }

    /// The next tensor, compared with its checksum.
    fn tensor(&mut self, entry: Entry, checksum: Option<u32>) -> Result<Tensor, Error> {
        let (begin, mut found) = (self.offset, Hasher::new());
        let data = match entry.dtype {
            Dtype::F64 => TensorData::F64(self.numbers(&entry, &mut found)?),
            Dtype::I64 => TensorData::I64(self.numbers(&entry, &mut found)?),
            Dtype::U64 => TensorData::U64(self.numbers(&entry, &mut found)?),
            Dtype::F32 => TensorData::F32(self.numbers(&entry, &mut found)?),
            Dtype::I32 => TensorData::I32(self.numbers(&entry, &mut found)?),
            Dtype::U32 => TensorData::U32(self.numbers(&entry, &mut found)?),
            Dtype::U8 => TensorData::U8(self.numbers(&entry, &mut found)?),
        };
        let Entry { name, shape, .. } = entry;
        match (checksum, found.finalize()) {
            (Some(expected), found) if found != expected => {
                let texts = [expected, found].map(checksum::text);
                let [expected, found] = texts;
                Err(self.damaged(Part::Tensor(name), [begin, self.offset], expected, found))
            }
            _ => Ok(Tensor { name, shape, data }),
        }
    }

    /// The numbers of a tensor, whose bytes are known to be there.
    fn numbers<T: Number>(&mut self, entry: &Entry, checksum: &mut Hasher) -> Result<Vec<T>, Error> {
        let count = entry.count().expect("a shape that was checked");
        let mut numbers = Vec::new();
        numbers.try_reserve_exact(count).map_err(|_| Error::TensorMemory {
            origin: self.origin.clone(),
            tensor: entry.name.clone(),
            bytes: (count * size_of::<T>()) as u64,
        })?;
        let mut piece = std::mem::take(&mut self.piece);
        let mut left = count * size_of::<T>();
        while left > 0 {
            let bytes = left.min(piece.len() - piece.len() % size_of::<T>());
            let bytes = &mut piece[..bytes];
            self.fill(bytes)?;
            checksum.update(bytes);
            T::decode(bytes, &mut numbers);
            left -= bytes.len();
        }
        self.piece = piece;
        Ok(numbers)
    }

    /// The next bytes.
    fn fill(&mut self, to: &mut [u8]) -> Result<(), Error> {
        self.contents.read_exact(to).map_err(|source| match (source.kind(), &self.origin) {
            (ErrorKind::UnexpectedEof, _) | (_, Origin::Bytes) => {
                let expected = format!("{} bytes, as long as it was when it was opened", self.length);
                self.format(self.offset, expected, "an earlier end")
            }
            (_, Origin::File(path)) => Error::Io { path: path.clone(), source },
        })?;
        self.offset += to.len() as u64;
        Ok(())
    }

    fn format(&self, offset: u64, expected: impl Into<String>, found: impl Into<String>) -> Error {
        let (origin, expected, found) = (self.origin.clone(), expected.into(), found.into());
        Error::CheckpointFormat { origin, offset, expected, found }
    }

    fn damaged(&self, part: Part, [begin, end]: [u64; 2], expected: String, found: String) -> Error {
        Error::DamagedCheckpoint { origin: self.origin.clone(), part, begin, end, expected, found }
    }
}
