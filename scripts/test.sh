#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs every test of both modules under the race detector, and says at the end
# which were skipped because of what this machine lacks. Arguments replace ./... of
# the first.
set -eu
cd "$(dirname "$0")/.."

library=
[ $# -gt 0 ] || { library=reporter; set -- ./...; }

race=-race
CGO_ENABLED=1
if ! command -v "$(go env CC | cut -d' ' -f1)" >/dev/null 2>&1; then
  race=
  CGO_ENABLED=0
fi
export CGO_ENABLED

PHAROS_SKIPPED=$(mktemp)
export PHAROS_SKIPPED
trap 'rm -f "$PHAROS_SKIPPED"' EXIT

code=0
# shellcheck disable=SC2086 # race is one word or none
go test $race -p 2 -timeout 25m "$@" || code=$?
if [ -n "$library" ]; then
  # shellcheck disable=SC2086 # as above
  (cd "$library" && go test $race -timeout 10m ./...) || code=$?
fi

if [ -z "$race" ]; then
  printf '\n*** WITHOUT THE RACE DETECTOR: there is no C compiler here (install gcc).\n'
fi
if [ -s "$PHAROS_SKIPPED" ]; then
  printf '\n*** SKIPPED, because of what this machine lacks:\n'
  sort -u "$PHAROS_SKIPPED" | sed 's/^/***   /'
else
  printf '\nNo test was skipped for want of anything.\n'
fi
exit "$code"
