// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// ErrNoLimits is the error of [ContainerLoad] where there are no limits.
var ErrNoLimits = errors.New("the container has no limits: neither its cgroup nor one above it limits CPU time or memory")

// HostLoad returns a meter of the host: CPU is the load average of the last minute by
// the number of cores (on Windows the share of their time that was used since the
// report before, and before the first one since it was booted), RAM the share of the
// memory that is not available.
func HostLoad() Meter {
	return newHost(os.DirFS("/")).measure
}

// ContainerLoad returns a meter of the limits of the container: those of the cgroup
// that the process is in, of version 1 or 2, and of those above it, as far as the
// process sees them. Of several the one that is nearest to its limit counts.
//
// CPU is the CPU time used, by what the limit allows, averaged over the last
// minute as a load average is, the time before the first report taken as idle. RAM is
// the working set (the memory in use, without file cache that is not active) by the
// limit. What has no limit, or one whose use can't be told, is measured as [HostLoad]
// does. The error is [ErrNoLimits] while nothing has one, and on other systems than
// Linux. Limits may change at any time.
func ContainerLoad() Meter {
	return newContainer(os.DirFS("/")).measure
}

// AutoLoad returns a meter that is [ContainerLoad] while there are limits, else
// [HostLoad]. It is the default of Options.Load.
//
// It remembers what it has measured before, as those of the other two functions do: who
// calls it in a meter of their own makes it once, not at each call, or it never finds the
// CPU busy.
func AutoLoad() Meter {
	return newAuto(os.DirFS("/"))
}

func newAuto(root fs.FS) Meter {
	host, container := newHost(root), newContainer(root)
	return func(ctx context.Context) (Load, error) {
		load, err := container.measure(ctx)
		if errors.Is(err, ErrNoLimits) {
			return host.measure(ctx)
		}
		return load, err
	}
}
