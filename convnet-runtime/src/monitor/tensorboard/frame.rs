//! The frames of an event file (TFRecord): length, its checksum, the message, its checksum, all little-endian.

/// A message in its frame.
pub(super) fn around(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    [&length[..], &checksum(&length), message, &checksum(message)].concat()
}

/// The masked checksum of the format: CRC-32C, turned right by 15 bits and moved, so that the checksum of something that
/// contains checksums is none of the usual ones.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::{around, checksum};

    #[test]
    fn the_checksum_is_the_formats() {
        // The check value of CRC-32C.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        // The checksum of a length of 24, which every event file begins with, as TensorFlow writes it.
        assert_eq!(checksum(&24_u64.to_le_bytes()), [0xa3, 0x7f, 0x4b, 0x22]);
    }

    #[test]
    fn a_frame_has_its_parts_in_order() {
        let frame = around(b"abc");
        assert_eq!(frame.len(), 8 + 4 + 3 + 4);
        assert_eq!(frame[..8], 3_u64.to_le_bytes());
        assert_eq!(&frame[12..15], b"abc");
        assert_eq!(frame[15..], checksum(b"abc"));
    }
}
