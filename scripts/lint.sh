#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks style, imports, formatting, dead code and go.mod of each module: the
# programs, and the library that applications import.
set -eu
cd "$(dirname "$0")/.."

golangci=$(scripts/tool.sh golangci-lint)
deadcode=$(scripts/tool.sh deadcode)

"$golangci" config verify
for module in . reporter; do
  (
    cd "$module"
    echo "== module $(go list -m)"
    go mod tidy -diff
    "$golangci" fmt --diff
    "$golangci" run
    # What the programs don't use of the library is for others: its own tests and examples use it.
    dead=$("$deadcode" -test ./... | { [ "$module" != . ] && cat || grep -v '^reporter/' || true; })
    [ -z "$dead" ] || { printf 'never called:\n%s\n' "$dead"; exit 1; }
  )
done
