// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/pharos-status/pharos/sidecar/config"
)

// A process watches the processes of a PID file, of a name or of a cgroup.
type process struct {
	host   *Host
	which  config.Process
	limits config.Limits
	load   bool // whether shares of the machine are asked for
	meter  meter
	belief belief
}

func newProcess(h *Host, w *config.Watch) *process {
	return &process{host: h, which: *w.Process, limits: w.Limits, load: w.Report == config.ReportLoad}
}

// Check implements [Watch].
func (p *process) Check(context.Context) Verdict {
	g, err := p.group()
	if err != nil {
		return verdictOf(err)
	}
	return p.meter.judge(p.limits, g, p.host.now())
}

// group finds the processes and measures them.
func (p *process) group() (group, error) {
	if p.which.Cgroup != "" {
		return p.host.ofCgroup(p.which.Cgroup, p.which.Min, p.wants())
	}
	var g group
	var err error
	if p.which.PIDFile != "" {
		var s stat
		s, err = p.host.named(p.which.PIDFile, p.which.Name, &p.belief)
		g.processes = []stat{s}
	} else {
		g.processes, err = p.host.called(p.which.Name, p.which.Min)
	}
	if err != nil {
		return group{}, err
	}
	p.host.complete(&g, p.wants())
	return g, nil
}

// wants are the figures that cost more than the others.
type wants struct{ files, share bool }

func (p *process) wants() wants {
	return wants{files: p.limits.OpenFiles.Set(), share: p.load || p.limits.Memory.Percent()}
}

// called returns the processes of a name, the oldest first. The error is a gone one if
// there are fewer than least.
func (h *Host) called(name string, least int) ([]stat, error) {
	found, blind, err := h.look(name, false)
	if err == nil && len(found) < least {
		found, blind, err = h.look(name, true) // some may have been started since
	}
	switch {
	case err != nil:
		return nil, err
	case len(found) < least && blind:
		return nil, fmt.Errorf("of %d processes %q %d are seen, and those of other users are hidden (hidepid); run pharos_reporter as their user or as root", least, name, len(found))
	case len(found) < least && len(found) == 0:
		return nil, gonef("there is no process %q", name)
	case len(found) < least:
		return nil, gonef("%q has %s, want at least %d", name, counted(float64(len(found)), "process", "processes"), least)
	}
	return found, nil
}

func (h *Host) look(name string, fresh bool) (found []stat, blind bool, err error) {
	pids, blind, err := h.table.find(name, h.now(), fresh)
	if err != nil {
		return nil, false, err
	}
	return h.stats(pids), blind, nil
}

// stats returns the processes that are still there, the oldest first.
func (h *Host) stats(pids []int) []stat {
	found := make([]stat, 0, len(pids))
	for _, pid := range pids {
		if s, err := h.procs.stat(pid); err == nil && !s.ended() {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b stat) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.pid, b.pid)) })
	return found
}

// A group is what was measured of processes that are watched together.
type group struct {
	processes []stat // the oldest first; not empty

	// Where a cgroup has them, its own figures are taken; NaN where it has not.
	cpu     float64 // seconds
	memory  float64 // bytes
	threads float64
	limits  struct{ cpu, memory float64 } // cores and bytes; what the processes may use
	count   float64

	files, share float64 // open files, and the largest share of what a process may open

	// Why something could not be measured; nil if it could, or was not asked for.
	cpuErr, memoryErr, filesErr, threadsErr, shareErr error

	ofCgroup bool // whether cpu is that of all processes there ever were
}

// complete adds up what was measured of each process, and measures the rest.
func (h *Host) complete(g *group, w wants) {
	g.count, g.cpu, g.memory, g.threads = float64(len(g.processes)), 0, 0, 0
	for _, s := range g.processes {
		g.cpu += s.cpu
		g.memory += s.memory
		g.threads += float64(s.threads)
	}
	g.limits.cpu = float64(runtime.NumCPU())
	g.limits.memory = math.NaN()
	h.rest(g, w)
}

// rest measures what costs more, if it is wanted.
func (h *Host) rest(g *group, w wants) {
	g.files, g.share = math.NaN(), math.NaN()
	if w.files {
		g.files, g.share, g.filesErr = h.openFiles(g.processes)
	}
	if w.share && math.IsNaN(g.limits.memory) {
		g.limits.memory, g.shareErr = h.procs.memory()
	}
}

func (h *Host) openFiles(of []stat) (files, share float64, err error) {
	for _, s := range of {
		open, part, err := h.procs.openFiles(s.pid)
		if isGone(err) {
			continue
		}
		if err != nil {
			return math.NaN(), math.NaN(), fmt.Errorf("the open files can't be counted: %w; run pharos_reporter as the user of the process or as root", err)
		}
		files, share = files+open, max(share, part)
	}
	return files, share, nil
}
