"""Reads a checkpoint with the reference implementation, checks its numbers and checksums, and writes two files of its own."""

import json
import sys
import zlib

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

theirs, plain, copied = sys.argv[1:]

tensors = load_file(theirs)
assert set(tensors) == {"weights", "doubles", "updates", "signed", "signed64", "words", "bytes", "empty", 'odd "ü\n😀'}
expected = numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4) / 8 - 1
assert tensors["weights"].dtype == numpy.float32 and (tensors["weights"] == expected).all()
assert tensors["doubles"].dtype == numpy.float64 and list(tensors["doubles"]) == [0.1, -numpy.inf]
assert tensors["updates"].dtype == numpy.uint64 and tensors["updates"].shape == () and tensors["updates"] == 2**64 - 1
assert tensors["signed"].dtype == numpy.int32 and list(tensors["signed"]) == [-(2**31), 5]
assert tensors["signed64"].dtype == numpy.int64 and list(tensors["signed64"]) == [-(2**63)]
assert tensors["words"].dtype == numpy.uint32 and list(tensors["words"]) == [2**32 - 1]
assert tensors["bytes"].dtype == numpy.uint8 and list(tensors["bytes"]) == [1, 2, 255]
assert tensors["empty"].shape == (0, 3)

with safe_open(theirs, "numpy") as file:
    metadata = file.metadata()
assert metadata["note"] == 'quote " and ü and \t'
assert metadata["checksums"] == "crc32"
for name, tensor in tensors.items():
    assert metadata["checksum." + name] == f"crc32:{zlib.crc32(tensor.tobytes()):08x}", name

with open(theirs, "rb") as file:
    length = file.read(8)
    header = file.read(int.from_bytes(length, "little"))
own = metadata["checksum"]
zeros = header.replace(f'"checksum":"{own}"'.encode(), b'"checksum":"crc32:00000000"')
assert own == f"crc32:{zlib.crc32(length + zeros):08x}"
names = [name for name in json.loads(header) if name != "__metadata__"]
widths = [tensors[name].itemsize for name in names]
assert widths == sorted(widths, reverse=True)
assert (8 + len(header)) % 64 == 0

save_file({"a": numpy.array([[1.5, -2.5]], dtype=numpy.float32), "b": numpy.array(7, dtype=numpy.uint64)}, plain, {"by": "numpy"})
# The metadata of our file on the same tensors: another writer's header has another checksum.
save_file(tensors, copied, metadata)
print("read by the reference")
