// SPDX-License-Identifier: Apache-2.0

// Package watch looks at one thing of this machine at a time, a process, a systemd
// unit, a port or a URL, and says how it is. When to look, and whom to tell, is left
// to package sidecar.
package watch

import (
	"context"
	"math"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Watch looks at what it watches. It remembers what it saw, since a share of time
// or a restart is seen from two looks only.
type Watch interface {
	// Check looks once, and returns about when ctx is done at the latest. It is called
	// by one goroutine at a time.
	Check(ctx context.Context) Verdict
}

// A Verdict is how the watched is.
type Verdict struct {
	Status  status.Status
	Reason  string // why it is not healthy, in words; empty if it is
	Figures Figures
}

// Figures are what was measured. What was not is NaN, or the zero time.
type Figures struct {
	CPU          float64 // in cores: 1 is one core all of the time, since the look before
	CPUShare     float64 // of the cores that it may use
	Memory       float64 // in bytes
	MemoryShare  float64 // of what it may use
	OpenFiles    float64
	FilesShare   float64 // of what it may open; of the process that is nearest to its limit
	Threads      float64
	Processes    float64
	Restarts     float64 // within the time of the limit
	RestartsSeen float64 // since the watch began
	Started      time.Time
	Answer       float64 // how long the answer took, in seconds
}

// nothing returns figures of which none was measured.
func nothing() Figures {
	nan := math.NaN()
	return Figures{
		CPU: nan, CPUShare: nan, Memory: nan, MemoryShare: nan, OpenFiles: nan, FilesShare: nan,
		Threads: nan, Processes: nan, Restarts: nan, RestartsSeen: nan, Answer: nan,
	}
}

func dead(reason string) Verdict    { return Verdict{status.Dead, reason, nothing()} }
func unknown(reason string) Verdict { return Verdict{status.Unknown, reason, nothing()} }
