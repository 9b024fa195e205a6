#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the random token files that the configuration in a folder reads, unless
# they are there. Only their owner can read them.
#
#   scripts/tokens.sh examples/standalone
set -eu

folder=${1:?usage: scripts/tokens.sh FOLDER}
umask 077
for name in reporter manager; do
  file=$folder/$name.token
  [ -s "$file" ] && continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file"
  echo "wrote a new random token to $file"
done
