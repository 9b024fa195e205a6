// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"fmt"
	"io/fs"
	"sync"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
)

// A host measures the load of the host. Windows has no load average, and one made up
// by samples would take a goroutine that never ends.
type host struct {
	mu        sync.Mutex
	busy, all float64 // seconds of all cores, when it was measured last
	share     float64 // that was measured last
}

// briefest is the time of the cores, in seconds, of which a share is taken. Who
// measures again before, as two who share a meter do, gets the share before.
const briefest = 1

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
	h.mu.Lock()
	defer h.mu.Unlock()
	if passed := all - h.all; passed >= briefest {
		h.share = max(busy-h.busy, 0) / passed
		h.busy, h.all = busy, all
	}
	l.CPU = h.share
	return l, nil
}
