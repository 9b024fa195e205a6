// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// The modules whose versions the APIs tell.
const (
	prometheusModule   = "github.com/prometheus/prometheus"
	alertmanagerModule = "github.com/prometheus/alertmanager"
)

// moduleVersion returns the version of a dependency without its v, as it was
// linked, or unknown.
func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return "unknown"
}

// prometheusVersion returns the release of the embedded Prometheus. The module of
// release 3.15.0 is numbered 0.315.0.
func prometheusVersion() string { return release(moduleVersion(prometheusModule)) }

func release(module string) string {
	var minor, patch int
	if _, err := fmt.Sscanf(module, "0.%d.%d", &minor, &patch); err != nil {
		return module
	}
	return fmt.Sprintf("%d.%d.%d", minor/100, minor%100, patch)
}
