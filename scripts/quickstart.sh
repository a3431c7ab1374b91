#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what is missing, builds perflame and records the whole machine for
# five seconds.
#
# Usage: quickstart.sh

set -eu

cd "$(dirname "$0")/.."
sh scripts/install-deps.sh build
make -j"$(nproc)"
build/bin/perf-oncpu -d 5 -o perf-oncpu.svg
echo
echo "The flame graph: $PWD/perf-oncpu.svg"
echo "Open it in any browser. More: build/bin/perf-oncpu --help"
