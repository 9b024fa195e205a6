// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Go's collector lets the heap grow in proportion to what is alive: an exporter of
// ten thousand replicas would take twice the memory that it needs, for garbage that
// comes as slowly as ever. So the room for garbage is about the same for all.
const (
	headroom      = 6 << 20 // bytes
	leastPercent  = 10      // of what is alive, or collecting would take more than probing
	mostPercent   = 100     // as Go has it
	memoryEvery   = 20 * time.Second
	liveHeapBytes = "/gc/heap/live:bytes"
	freeHeapBytes = "/memory/classes/heap/free:bytes" // held, though nothing is in it
)

// tuneMemory keeps the room for garbage at headroom until ctx is done, and gives back
// what a peak, such as the reading of a long configuration, has left. Who sets GOGC has
// the last word.
func tuneMemory(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		<-ctx.Done()
		return nil
	}
	heap := []metrics.Sample{{Name: liveHeapBytes}, {Name: freeHeapBytes}}
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		metrics.Read(heap)
		debug.SetGCPercent(gcPercent(heap[0].Value.Uint64()))
		if heap[1].Value.Uint64() > headroom {
			debug.FreeOSMemory()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// gcPercent returns how much the heap may grow, in percent of what is alive.
func gcPercent(live uint64) int {
	if live <= headroom {
		return mostPercent
	}
	return max(int(100*headroom/live), leastPercent) //nolint:gosec // at most 100
}
