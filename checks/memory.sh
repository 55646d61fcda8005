#!/usr/bin/env bash
# The unsafe code of the runtime under tools that watch memory: matrix products, micro-kernels, and every kernel that calls
# them. Miri where the nightly toolchain has it, else valgrind, on the portable tier; the address sanitizer on every tier.
#
# Needs a nightly toolchain for the sanitizer (rustup toolchain install nightly) and valgrind where there is no Miri
# (apt-get install valgrind).
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
target=$(rustc -vV | sed -n 's/^host: //p')
tests=(gemm:: simd:: layers::tests)

if cargo +nightly miri --version >/dev/null 2>&1; then
    step "Miri, portable tier"
    MIRIFLAGS=-Zmiri-disable-isolation CONVNET_TIER=portable \
        cargo +nightly miri test --package convnet-runtime --lib --no-default-features -- gemm:: simd::
elif valgrind --version >/dev/null 2>&1; then
    step "valgrind, every tier that it emulates"
    binary=$(cargo test --package convnet-runtime --lib --no-run --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
    # Large operands take valgrind half an hour and show it nothing new.
    valgrind --quiet --error-exitcode=1 --exit-on-first-error=yes "$binary" "${tests[@]}" --skip sizes_beyond_one_block
else
    echo "neither Miri nor valgrind: skipped"
fi

step "address sanitizer, every tier of this machine"
RUSTFLAGS="-Zsanitizer=address" \
    cargo +nightly test --package convnet-runtime --lib --target "$target" --target-dir target/sanitized -- "${tests[@]}"
