//! The file: what is written is read, and what is not exactly that is refused, with the reason.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::Folder;
use convnet::Error;
use convnet::checkpoint::{Checkpoint, Checksums, Part, Tensor, TensorData};
use proptest::prelude::*;

/// A file as another program writes it: a header, and so many bytes.
fn foreign(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend((0..data).map(|i| u8::try_from(i % 251).expect("a byte")));
    bytes
}

/// Why such a file is refused.
fn refusal(header: &str, data: usize) -> String {
    let error = Checkpoint::from_bytes(&foreign(header, data), Checksums::IfPresent).expect_err(header);
    assert!(matches!(error, Error::CheckpointFormat { .. }), "{error}");
    error.to_string()
}

/// Two tensors and an entry of the metadata.
fn small() -> Checkpoint {
    let tensors = vec![
        Tensor::new("updates", [], vec![7_u64]),
        Tensor::new("fc1.weights", [2, 3], vec![1.0_f32, -2.0, 0.5, 0.0, 3.25, -0.125]),
        Tensor::new("fc1.bias", [2], vec![0.25_f32, -0.75]),
        Tensor::new("empty", [0, 4], Vec::<f32>::new()),
    ];
    Checkpoint { metadata: [("epoch".to_owned(), "12".to_owned())].into(), tensors }
}

fn read(bytes: &[u8]) -> Result<Checkpoint, Error> {
    Checkpoint::from_bytes(bytes, Checksums::Required)
}

/// Where the numbers of a file begin.
fn begin_of_data(bytes: &[u8]) -> usize {
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes"));
    8 + usize::try_from(length).expect("a small header")
}

#[test]
fn the_bytes_of_a_file() {
    let bytes = small().to_bytes().expect("bytes");
    let begin = begin_of_data(&bytes);
    assert_eq!(begin % 64, 0);
    let header = std::str::from_utf8(&bytes[8..begin]).expect("text");
    let header: serde_json::Value = serde_json::from_str(header).expect("JSON");
    assert_eq!(
        header["fc1.weights"],
        serde_json::json!({"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]})
    );
    assert_eq!(header["updates"], serde_json::json!({"dtype": "U64", "shape": [], "data_offsets": [0, 8]}));
    assert_eq!(header["empty"]["data_offsets"], serde_json::json!([40, 40]));
    let metadata = &header["__metadata__"];
    assert_eq!([&metadata["epoch"], &metadata["checksums"]], ["12", "crc32"]);
    assert_eq!(metadata["checksum.empty"], "crc32:00000000");
    // What Python's `zlib.crc32((7).to_bytes(8, "little"))` gives.
    assert_eq!(metadata["checksum.updates"], "crc32:6fe7d670");
    assert_eq!(&bytes[begin..begin + 12], [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f]);
    assert_eq!(bytes.len(), begin + 40);
    assert_eq!(read(&bytes).expect("a checkpoint"), small());
}

/// CRC-32 by its definition, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn checksums_by_their_definition() {
    let bytes = small().to_bytes().expect("bytes");
    let begin = begin_of_data(&bytes);
    let head = String::from_utf8(bytes[8..begin].to_vec()).expect("text");
    let (before, own) = head.split_once(r#""checksum":"crc32:"#).expect("the header's checksum");
    let zeros = format!(r#"{before}"checksum":"crc32:00000000{}"#, &own[8..]);
    assert_eq!(
        &own[..8],
        format!("{:08x}", crc32(&[&bytes[..8], zeros.as_bytes()].concat())),
        "length and header"
    );
    for (name, range) in [("updates", 0..8), ("fc1.weights", 8..32), ("fc1.bias", 32..40), ("empty", 40..40)]
    {
        let numbers = &bytes[begin + range.start..begin + range.end];
        let entry = format!(r#""checksum.{name}":"crc32:{:08x}""#, crc32(numbers));
        assert!(head.contains(&entry), "{entry}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = small().to_bytes().expect("bytes");
    let begin = begin_of_data(&bytes);
    let parts = [("updates", 0..8), ("fc1.weights", 8..32), ("fc1.bias", 32..40)];
    for (index, bit) in (0..bytes.len()).flat_map(|index| (0..8).map(move |bit| (index, bit))) {
        let mut flipped = bytes.clone();
        flipped[index] ^= 1 << bit;
        for checksums in [Checksums::Required, Checksums::IfPresent] {
            let error = Checkpoint::from_bytes(&flipped, checksums).expect_err("a flipped bit");
            assert!(error.to_string().starts_with("the bytes"), "{error}");
            if index < begin {
                let is_damage = matches!(error, Error::DamagedCheckpoint { part: Part::Header, .. });
                assert!(
                    is_damage || error.to_string().contains("header"),
                    "byte {index}, bit {bit}: {error}"
                );
                continue;
            }
            let Error::DamagedCheckpoint { part, begin: from, end, .. } = error else { panic!("{error}") };
            let (name, _) =
                parts.iter().find(|(_, range)| range.contains(&(index - begin))).expect("a tensor");
            assert_eq!(part, Part::Tensor((*name).to_owned()));
            assert!((from..end).contains(&(index as u64)));
        }
    }
}

#[test]
fn every_shorter_and_longer_file_is_refused() {
    let mut bytes = small().to_bytes().expect("bytes");
    for length in 0..bytes.len() {
        read(&bytes[..length]).expect_err("a shorter file");
    }
    bytes.push(0);
    let message = read(&bytes).expect_err("a longer file").to_string();
    assert!(
        message.contains("expected 40 bytes behind the header, as the tensors need, found 41"),
        "{message}"
    );
}

#[test]
fn files_of_others_are_read_on_request() {
    let header = r#"{"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}, "a":{"data_offsets":[3,11],"shape":[2,1],"dtype":"F32"}}  "#;
    let bytes = foreign(header, 11);
    let message = read(&bytes).expect_err("no checksums").to_string();
    assert!(message.contains("`Checksums::IfPresent` reads it all the same"), "{message}");
    let read = Checkpoint::from_bytes(&bytes, Checksums::IfPresent).expect("a checkpoint");
    assert_eq!(read.tensor("b").expect("b").data, TensorData::U8(vec![0, 1, 2]));
    let expected = [f32::from_le_bytes([3, 4, 5, 6]), f32::from_le_bytes([7, 8, 9, 10])];
    assert_eq!(read.numbers::<f32>("a", &[2, 1]).expect("a"), expected);
    // A checksum of another kind is somebody else's word.
    let theirs = foreign(r#"{"__metadata__":{"checksum":"sha256:12","checksum.a":"no"}}"#, 0);
    assert_eq!(Checkpoint::from_bytes(&theirs, Checksums::IfPresent).expect("a file").metadata.len(), 2);
    let empty = Checkpoint::from_bytes(&foreign("{}", 0), Checksums::IfPresent).expect("a file");
    assert_eq!(empty, Checkpoint::default());
}

#[test]
fn headers_that_are_refused() {
    let entry = |name: &str, offsets: &str| {
        format!(r#""{name}":{{"dtype":"F32","shape":[1],"data_offsets":{offsets}}}"#)
    };
    let two = |first: &str, second: &str| refusal(&format!("{{{first},{second}}}"), 8);
    for (message, expected) in [
        (
            two(&entry("a", "[0,4]"), &entry("a", "[4,8]")),
            "one tensor of each name, found two of the name `a`",
        ),
        (two(&entry("a", "[0,4]"), &entry("\\u0061", "[4,8]")), "two of the name `a`"),
        (
            two(&entry("a", "[0,4]"), &entry("b", "[2,6]")),
            "tensor `b`, F32 [1], to have the data_offsets [4, 8]",
        ),
        (two(&entry("a", "[0,4]"), &entry("b", "[6,10]")), "found [6, 10]"),
        (
            two(&entry("a", "[4,8]"), &entry("b", "[0,4]")),
            "tensor `a`, F32 [1], to have the data_offsets [0, 4]",
        ),
        (two(&entry("a", "[0,4]"), &entry("b", "[4,9]")), "found [4, 9]"),
        (two(&entry("a", "[0,4]"), &entry("b", "[4,2]")), "found [4, 2]"),
        (two(&entry("a", "[0,4]"), r#""b":1"#), "tensor `b`: invalid type: integer `1`"),
        (two(&entry("a", "[0,4,4]"), &entry("b", "[4,8]")), "at byte"),
        (two(&entry("a", "[-1,4]"), &entry("b", "[4,8]")), "tensor `a`: invalid value: integer `-1`"),
        (two(r#""__metadata__":{}"#, r#""__metadata__":{}"#), "two entries `__metadata__`"),
        (refusal(r#"{"__metadata__":{"a":"1","a":"2"}}"#, 0), "two entries `a` in the metadata"),
        (refusal(r#"{"__metadata__":{"a":1}}"#, 0), "invalid type: integer `1`, expected a string"),
        (refusal(r#"{"a":["F32",[1],[0,4]]}"#, 4), "an object with dtype, shape and data_offsets"),
        (
            refusal(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[[[]]]}}"#, 4),
            "unknown field `x`",
        ),
        (
            refusal(r#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4),
            "duplicate field",
        ),
        (refusal(r#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4), "tensor `a`: missing field `shape`"),
        (
            refusal(r#"{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#, 2),
            "\"BF16\", expected one of the dtypes F64",
        ),
        (refusal(r#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4), "floating point"),
        (
            refusal(r#"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}"#, 0),
            "memory can hold",
        ),
        (
            refusal(r#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0),
            "memory can hold",
        ),
        (
            refusal(r#"{"a":{"dtype":"U8","shape":[9223372036854775808,0],"memory can hold":[0,0]}}"#, 0),
            "data_offsets",
        ),
        (
            refusal(
                &format!(r#"{{"a":{{"shape":[{}1],"dtype":"U8","data_offsets":[0,1]}}}}"#, "1,".repeat(64)),
                1,
            ),
            "invalid length 65, expected a list of at most 64 sizes",
        ),
        (refusal("[]", 0), "begins with {"),
        (refusal("", 0), "begins with {"),
        (refusal(" {}", 0), "begins with {"),
        (refusal("{} {}", 0), "trailing characters"),
        (refusal("{\n\"a\":\n!", 0), "at byte 15"),
        (refusal("{}", 1), "0 bytes behind the header, as the tensors need, found 1"),
    ] {
        assert!(
            message.starts_with("the bytes at byte") && message.contains(expected),
            "{message} should contain {expected}"
        );
    }
}

#[test]
fn checksums_that_are_incomplete() {
    let bytes = small().to_bytes().expect("bytes");
    let begin = begin_of_data(&bytes);
    let header = String::from_utf8(bytes[8..begin].to_vec()).expect("text");
    for (from, to) in [
        (r#""checksums":"crc32","#, ""),
        (r#""checksum":"crc32:"#, r#""checksum": "crc32:"#),
        (r#""checksum.empty""#, r#""checksum.full""#),
        (r#""checksum":"crc32:"#, r#""checksum":"CRC32:"#),
    ] {
        assert!(header.contains(from));
        let message = refusal_of(&header.replace(from, to), &bytes[begin..]);
        assert!(message.contains("header"), "{message}");
    }
}

fn refusal_of(header: &str, data: &[u8]) -> String {
    let bytes = [&foreign(header, 0), data].concat();
    Checkpoint::from_bytes(&bytes, Checksums::IfPresent).expect_err("incomplete checksums").to_string()
}

#[test]
fn what_no_file_can_hold() {
    let message = |change: &dyn Fn(&mut Checkpoint)| {
        let mut checkpoint = small();
        change(&mut checkpoint);
        checkpoint.to_bytes().expect_err("unwritable").to_string()
    };
    assert_eq!(
        message(&|of| of.tensors[1].name = "fc1.bias".to_owned()),
        "tensor `fc1.bias`: there are two of this name"
    );
    assert_eq!(
        message(&|of| of.tensors[1].shape = vec![3, 3]),
        "tensor `fc1.weights`: 6 numbers do not have the shape [3, 3]"
    );
    assert_eq!(
        message(&|of| of.tensors[1].name = "__metadata__".to_owned()),
        "tensor `__metadata__`: the file's metadata is called so"
    );
    assert_eq!(
        message(&|of| of.tensors[1].shape = vec![1; 65]),
        "tensor `fc1.weights`: 65 dimensions are more than a file can have"
    );
    for key in ["checksum", "checksums", "checksum.fc1.bias"] {
        let change = |of: &mut Checkpoint| _ = of.metadata.insert(key.to_owned(), String::new());
        assert!(message(&change).contains("the file's own checksums are called so"));
    }
    let overflow = [usize::MAX, 2, 0];
    assert!(message(&|of| of.tensors[3].shape = overflow.to_vec()).starts_with("tensor `empty`"));
}

#[test]
fn tensors_by_name() {
    let checkpoint = small();
    assert_eq!(checkpoint.numbers::<f32>("fc1.bias", &[2]).expect("a bias"), [0.25, -0.75]);
    let message = |error: Error| error.to_string();
    assert_eq!(
        message(checkpoint.numbers::<f64>("fc1.bias", &[2]).expect_err("F32")),
        "tensor `fc1.bias` holds F32 where F64 is needed"
    );
    assert_eq!(
        message(checkpoint.numbers::<f32>("fc1.bias", &[3]).expect_err("[2]")),
        "tensor `fc1.bias` has the shape [2] where [3] is needed: it belongs to another network"
    );
    assert_eq!(
        message(checkpoint.tensor("fc2.bias").expect_err("none")),
        "the checkpoint has no tensor `fc2.bias`: it has `updates`, `fc1.weights`, `fc1.bias`, `empty`"
    );
}

#[test]
fn wider_numbers_come_first() {
    let tensors = vec![
        Tensor::new("bytes", [3], vec![1_u8, 2, 3]),
        Tensor::new("floats", [1], vec![1.0_f32]),
        Tensor::new("signed", [1], vec![-1_i32]),
        Tensor::new("doubles", [1], vec![2.0_f64]),
    ];
    let bytes = Checkpoint { tensors, ..Checkpoint::default() }.to_bytes().expect("bytes");
    let names: Vec<_> =
        read(&bytes).expect("a checkpoint").tensors.into_iter().map(|tensor| tensor.name).collect();
    assert_eq!(names, ["doubles", "floats", "signed", "bytes"]);
}

#[test]
fn tensors_of_many_pieces() {
    let numbers: Vec<f32> = (0..300_001).map(|i| i as f32).collect();
    let tensors = vec![
        Tensor::new("a", [1], vec![0.5_f64]),
        Tensor::new("b", [300_001], numbers),
        Tensor::new("c", [300_001], vec![3_u8; 300_001]),
    ];
    let checkpoint = Checkpoint { tensors, ..Checkpoint::default() };
    assert_eq!(read(&checkpoint.to_bytes().expect("bytes")).expect("a checkpoint"), checkpoint);
}

#[test]
fn files_on_the_disk() {
    let folder = Folder::new("files");
    let path = folder.path().join("net.safetensors");
    small().save(&path).expect("a save");
    let mut second = small();
    second.metadata.clear();
    second.save(&path).expect("another save");
    assert_eq!(Checkpoint::read(&path, Checksums::Required).expect("a checkpoint"), second);
    assert_eq!(std::fs::read(&path).expect("bytes"), second.to_bytes().expect("bytes"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no temporary file");
    let message = |path: &Path| Checkpoint::read(path, Checksums::Required).expect_err("no file").to_string();
    let missing = folder.path().join("missing");
    assert!(message(&missing).starts_with(&missing.display().to_string()));
    assert_eq!(message(folder.path()), format!("{}: this is no file", folder.path().display()));
    std::fs::write(&path, b"shorter").expect("a file");
    assert_eq!(
        message(&path),
        format!("{} at byte 0: expected 8 bytes, the length of the header, found 7", path.display())
    );
    let error = small().save(missing.join("net.safetensors")).expect_err("no folder").to_string();
    assert!(
        error.contains("could not be begun") && error.ends_with("Save into a folder that exists"),
        "{error}"
    );
}

#[test]
fn what_a_killed_save_has_left_is_removed() {
    let folder = Folder::new("left");
    let path = folder.path().join("net.safetensors");
    let [dead, own] = ["1".to_owned(), std::process::id().to_string()]
        .map(|process| folder.path().join(format!(".net.safetensors.{process}.tmp")));
    std::fs::write(&dead, b"half").expect("a file");
    std::fs::write(&own, b"half").expect("a file");
    let held = std::fs::File::open(&dead).expect("a file");
    held.lock().expect("a lock");
    small().save(&path).expect("a save");
    assert!(dead.exists() && !own.exists(), "what somebody holds stays");
    drop(held);
    small().save(&path).expect("a save");
    assert!(!dead.exists());
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("read-only");
    let path = folder.path().join("net.safetensors");
    small().save(&path).expect("a save");
    let permit = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode));
    permit(0o555).expect("permissions");
    let binds = std::fs::write(folder.path().join("try"), b"").is_err();
    let saved = small().save(&path);
    permit(0o755).expect("permissions");
    if !binds {
        println!("skipped: this user may write into a read-only folder");
        return;
    }
    let message = saved.expect_err("a read-only folder").to_string();
    assert!(message.ends_with("Save into a folder that this user may write to"), "{message}");
    assert_eq!(Checkpoint::read(&path, Checksums::Required).expect("the one before"), small());
}

/// Text of every kind: quotes, control characters, other planes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z0-9.]{1,20}", "[\"\\\\\u{0}-\u{1f}{}:,\u{1f600}]{0,8}"]
}

/// Numbers of any bits, of any type, in any shape with at most 200 of them.
fn tensor() -> impl Strategy<Value = ([usize; 3], TensorData)> {
    let shape = prop_oneof![Just([0, 3, 1]), [1..6_usize, 1..6, 1..6]];
    (shape, 0..7, any::<u64>()).prop_map(|(shape, kind, seed)| {
        let mut state = seed | 1;
        let words = (0..shape.iter().product::<usize>()).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        });
        let low = |word: u64| u32::try_from(word & 0xffff_ffff).expect("32 bits");
        let data = match kind {
            0 => words.map(f64::from_bits).collect::<Vec<_>>().into(),
            1 => words.map(u64::cast_signed).collect::<Vec<_>>().into(),
            2 => words.collect::<Vec<_>>().into(),
            3 => words.map(low).map(f32::from_bits).collect::<Vec<_>>().into(),
            4 => words.map(low).map(u32::cast_signed).collect::<Vec<_>>().into(),
            5 => words.map(low).collect::<Vec<_>>().into(),
            _ => words.map(|word| word.to_le_bytes()[3]).collect::<Vec<_>>().into(),
        };
        (shape, data)
    })
}

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    let tensors = proptest::collection::btree_map(text(), tensor(), 0..6);
    (proptest::collection::btree_map(text(), text(), 0..6), tensors).prop_map(|(metadata, tensors)| {
        let metadata: BTreeMap<_, _> =
            metadata.into_iter().filter(|(key, _)| !key.starts_with("checksum")).collect();
        let tensors = tensors.into_iter().map(|(name, (shape, data))| Tensor::new(name, shape, data));
        Checkpoint { metadata, tensors: tensors.collect() }
    })
}

/// The numbers' bits: NaN is not equal to itself.
fn bits(data: &TensorData) -> Vec<u64> {
    match data {
        TensorData::F64(numbers) => numbers.iter().map(|number| number.to_bits()).collect(),
        TensorData::I64(numbers) => numbers.iter().map(|number| number.cast_unsigned()).collect(),
        TensorData::U64(numbers) => numbers.clone(),
        TensorData::F32(numbers) => numbers.iter().map(|number| number.to_bits().into()).collect(),
        TensorData::I32(numbers) => numbers.iter().map(|number| number.cast_unsigned().into()).collect(),
        TensorData::U32(numbers) => numbers.iter().map(|&number| number.into()).collect(),
        TensorData::U8(numbers) => numbers.iter().map(|&number| number.into()).collect(),
        _ => unreachable!("a type that is not made here"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(checkpoint in checkpoint()) {
        let bytes = checkpoint.to_bytes().expect("bytes");
        let read = read(&bytes).expect("a checkpoint");
        prop_assert_eq!(&read.metadata, &checkpoint.metadata);
        prop_assert_eq!(read.tensors.len(), checkpoint.tensors.len());
        for tensor in &checkpoint.tensors {
            let read = read.tensor(&tensor.name).expect("a tensor");
            prop_assert_eq!(&read.shape, &tensor.shape);
            prop_assert_eq!(read.data.dtype(), tensor.data.dtype());
            prop_assert_eq!(bits(&read.data), bits(&tensor.data));
        }
        prop_assert_eq!(read.to_bytes().expect("bytes"), bytes);
    }

    #[test]
    fn a_changed_byte_is_noticed(checkpoint in checkpoint(), at: prop::sample::Index, change in 1..=255_u8) {
        let mut bytes = checkpoint.to_bytes().expect("bytes");
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn random_bytes_do_no_harm(bytes: Vec<u8>, header: String) {
        for checksums in [Checksums::Required, Checksums::IfPresent] {
            let _ = Checkpoint::from_bytes(&bytes, checksums);
            let _ = Checkpoint::from_bytes(&foreign(&header, bytes.len()), checksums);
            let _ = Checkpoint::from_bytes(&foreign(&format!("{{{header}}}"), bytes.len()), checksums);
        }
    }
}
