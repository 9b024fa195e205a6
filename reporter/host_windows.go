// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
)

// A host measures the load of the host. Windows has no load average, and one made up
// by samples would take a goroutine that never ends.
type host struct{ busy, all float64 } // seconds, when it was measured last

func newHost(fs.FS) *host { return &host{} }

func (h *host) measure(ctx context.Context) (Load, error) {
	times, err := cpu.TimesWithContext(ctx, false)
	if err != nil || len(times) == 0 {
		return Load{}, fmt.Errorf("reading the times of the cores: %w", err)
	}
	memory, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return Load{}, fmt.Errorf("reading how much memory is available: %w", err)
	}
	busy, all := times[0].User+times[0].System, times[0].User+times[0].System+times[0].Idle
	l := Load{RAM: 1 - float64(memory.Available)/float64(max(memory.Total, 1))}
	if all > h.all {
		l.CPU = max(busy-h.busy, 0) / (all - h.all)
	}
	h.busy, h.all = busy, all
	return l, nil
}
