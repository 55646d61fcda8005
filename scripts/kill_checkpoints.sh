#!/usr/bin/env bash
# Kills a process that saves checkpoints 200 times, or as often as the argument says: what it said was saved must be there.
set -euo pipefail
cd "$(dirname "$0")/.."

CONVNET_KILLS="${1:-200}" cargo test --test checkpoint_kill -- --nocapture
