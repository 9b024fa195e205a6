// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
)

// ErrNoLimits is the error of [ContainerLoad] where no limits are.
var ErrNoLimits = errors.New("no limits of a container: neither its cgroup nor one above it has a limit of CPU time or memory")

// HostLoad returns a meter of the host: CPU is the load average of the last minute by
// the number of cores (on Windows the share of their time that was used since the
// report before), RAM the share of the memory that is not available.
func HostLoad() Meter {
	return func(context.Context) (Load, error) { return Load{}, nil }
}

// ContainerLoad returns a meter of the limits of the container: those of the cgroup
// that the process is in, of version 1 or 2, and of those above it, as far as it is
// shown them. Of several the one that is nearest to its limit counts.
//
// CPU is the CPU time used by the time that the limit allows, averaged over the last
// minute as a load average is, the time before the first report taken as idle. RAM is
// the working set (the memory in use without the file cache that is not active) by the
// limit. What has no limit is measured as [HostLoad] does; the error is
// [ErrNoLimits] if nothing has one, and if it is not Linux. Limits may change at any time.
func ContainerLoad() Meter {
	return func(context.Context) (Load, error) { return Load{}, ErrNoLimits }
}

// AutoLoad returns a meter as [ContainerLoad] while there are limits, else as
// [HostLoad]. It is the default of Options.Load.
func AutoLoad() Meter {
	return HostLoad()
}
