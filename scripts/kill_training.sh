#!/bin/sh
# Kills a training at 200 random moments, or as many as the argument says, and checks after each that nothing is lost that was
# said to be saved, and in the end that it came to the same bits as one without a break.
set -eu
cd "$(dirname "$0")/.."
CONVNET_KILLS="${1:-200}" cargo test --release --all-features --test kill -- --nocapture
