//! As much of protocol buffers' encoding as event files need: a message is its fields, one after the other, each with its
//! number and how it is encoded in front.

/// How a field is encoded.
#[derive(Clone, Copy)]
enum Encoding {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// A message while it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// The bytes of the message.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// With a number that is not negative.
    pub(super) fn integer(mut self, field: u32, number: u64) -> Self {
        self.key(field, Encoding::Varint);
        self.varint(number);
        self
    }

    /// With a number of double precision.
    pub(super) fn double(mut self, field: u32, number: f64) -> Self {
        self.key(field, Encoding::Fixed64);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// With a number of single precision.
    pub(super) fn float(mut self, field: u32, number: f32) -> Self {
        self.key(field, Encoding::Fixed32);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// With text, bytes or another message.
    pub(super) fn field(mut self, field: u32, contents: impl AsRef<[u8]>) -> Self {
        let contents = contents.as_ref();
        self.key(field, Encoding::Bytes);
        self.varint(contents.len() as u64);
        self.0.extend(contents);
        self
    }

    /// With several numbers of double precision.
    pub(super) fn doubles(self, field: u32, numbers: impl IntoIterator<Item = f64>) -> Self {
        let numbers: Vec<u8> = numbers.into_iter().flat_map(f64::to_le_bytes).collect();
        self.field(field, numbers)
    }

    fn key(&mut self, field: u32, encoding: Encoding) {
        self.varint(u64::from(field) << 3 | encoding as u64);
    }

    /// Seven bits a byte, the lowest first; the highest bit of a byte says that another follows.
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(0x80 | number.to_le_bytes()[0]);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn fields_are_encoded_as_the_documentation_says() {
        // The examples of protocol buffers' own documentation of the encoding.
        assert_eq!(Message::default().integer(1, 150).bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().field(2, "testing").bytes(), b"\x12\x07testing");
        let inner = Message::default().integer(1, 150);
        assert_eq!(Message::default().field(3, inner).bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn numbers_of_fixed_size_are_little_endian() {
        assert_eq!(Message::default().float(2, 1.0).bytes(), [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().double(1, 1.0).bytes(), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(Message::default().doubles(6, [1.0]).bytes(), [0x32, 8, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        let largest = Message::default().integer(1, u64::MAX);
        assert_eq!(largest.bytes(), [0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }
}
