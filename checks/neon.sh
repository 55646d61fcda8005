#!/usr/bin/env bash
# The kernels' tests on NEON, in emulation: products, micro-kernels and every layer.
#
# Needs the target, a linker and the emulator:
#     rustup target add aarch64-unknown-linux-gnu
#     apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
# Large operands take the emulator long and show it nothing new.
cargo test --package convnet-runtime --lib --target aarch64-unknown-linux-gnu --target-dir target/aarch64 -- \
    gemm:: simd:: layers::tests --skip sizes_beyond_one_block
