// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"cmp"
	"runtime/debug"

	"github.com/prometheus/common/version"
)

// userAgent returns how the bridge calls itself, with its version.
func userAgent() string {
	info, _ := debug.ReadBuildInfo()
	return "pharos_bridge/" + cmp.Or(version.Version, builtVersion(info), "unknown")
}

// builtVersion returns the version that Go knows of this module, where whoever built
// the program set none; empty if Go knows none either.
func builtVersion(info *debug.BuildInfo) string {
	const module = "github.com/pharos-status/pharos"
	if info == nil {
		return ""
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}
