#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the tool that tools/NAME/go.mod pins into .tools/NAME, unless what is
# there was built from that very file by this Go, and prints its path.
#
#   scripts/tool.sh promtool
set -eu

name=${1:?usage: scripts/tool.sh NAME, with a folder tools/NAME}
top=$(cd "$(dirname "$0")/.." && pwd)
module=$top/tools/$name
out=$top/.tools/$name

# Prometheus' programs would otherwise carry the client libraries of every cloud there is.
case $name in
promtool) tags=netgo,remove_all_sd,enable_http_sd,enable_file_sd ;;
thanos) tags=netgo,remove_all_sd,slicelabels ;;
*) tags=netgo ;;
esac

[ -f "$module/go.mod" ] || { echo "$0: there is no $module/go.mod" >&2; exit 1; }
stamp=$(cat "$module/go.mod" "$module/go.sum" "$0" | cksum; go env GOVERSION)
if [ -x "$out" ] && [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "$out"
  exit 0
fi

mkdir -p "$top/.tools"
package=$(cd "$module" && go list -f '{{.ImportPath}}' tool)
echo "building $name from $package (once; this may take minutes)" >&2
(cd "$module" && CGO_ENABLED=0 go build -trimpath -tags "$tags" -ldflags '-s -w' -o "$out.$$" "$package" >&2)
mv "$out.$$" "$out"
printf '%s\n' "$stamp" >"$out.stamp"
echo "$out"
