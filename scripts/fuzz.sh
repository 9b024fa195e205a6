#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzes every fuzz target, one after the other, for a short time.
#
#   scripts/fuzz.sh 10s
set -eu
cd "$(dirname "$0")/.."

time=${1:-10s}
for folder in $(git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n1 dirname | sort -u); do
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$folder"/*_test.go); do
    echo "== $folder $target"
    (cd "$folder" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" .)
  done
done
