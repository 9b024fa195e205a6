// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows

package reporter

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"

	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
)

// A host measures the load of the host.
type host struct{}

func newHost(fs.FS) host { return host{} }

func (host) measure(ctx context.Context) (Load, error) {
	average, err := load.AvgWithContext(ctx)
	if err != nil {
		return Load{}, fmt.Errorf("reading the load average: %w", err)
	}
	memory, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return Load{}, fmt.Errorf("reading how much memory is available: %w", err)
	}
	return Load{CPU: average.Load1 / float64(runtime.NumCPU()), RAM: 1 - float64(memory.Available)/float64(max(memory.Total, 1))}, nil
}
