// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// Bounds of a walk through a cgroup and those below it.
const (
	maxCgroups   = 1000
	maxProcesses = 100_000
)

// ofCgroup measures a cgroup with all that are below it. The error is a gone one if it
// is not there or has fewer processes than least.
func (h *Host) ofCgroup(name string, least int, w wants) (group, error) {
	if h.procs.err != nil {
		return group{}, h.procs.err
	}
	tree, err := h.tree(name)
	if err != nil {
		return group{}, err
	}
	pids, foreign, err := members(tree.processes())
	if err != nil {
		return group{}, fmt.Errorf("cgroup %s: %w", name, err)
	}
	g := group{processes: h.stats(pids), ofCgroup: true}
	count := len(g.processes) + foreign
	switch {
	case count < least && count == 0:
		return group{}, gonef("cgroup %s has no processes", name)
	case count < least:
		return group{}, gonef("cgroup %s has %d processes, want at least %d", name, count, least)
	}
	g.count = float64(count)
	tree.measure(&g)
	if g.threadsErr != nil && foreign == 0 { // the controller is off: the processes tell
		g.threads, g.threadsErr = 0, nil
		for _, s := range g.processes {
			g.threads += float64(s.threads)
		}
	}
	h.rest(&g, w)
	if foreign > 0 && w.files && g.filesErr == nil {
		g.files, g.filesErr = math.NaN(), fmt.Errorf("the open files can't be counted: processes of cgroup %s are in another PID namespace; run pharos_reporter outside of it", name)
	}
	return g, nil
}

// A cgroupTree is where the controllers have a cgroup: all in one folder in version 2,
// each in one of its own in version 1.
type cgroupTree struct {
	v2                bool
	cpu, memory, pids string // folders; empty if the controller is not there
}

// tree finds a cgroup. The error is a gone one if there is none of the name.
func (h *Host) tree(name string) (*cgroupTree, error) {
	root := h.o.Cgroup
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		dir := filepath.Join(root, name)
		if err := isDir(dir); err != nil {
			return nil, missing(name, err)
		}
		return &cgroupTree{v2: true, cpu: dir, memory: dir, pids: dir}, nil
	}
	var t cgroupTree
	controllers := 0
	lacking := fs.ErrNotExist
	for _, c := range []struct {
		to    *string
		names []string
	}{{&t.cpu, []string{"cpu,cpuacct", "cpuacct,cpu", "cpuacct"}}, {&t.memory, []string{"memory"}}, {&t.pids, []string{"pids"}}} {
		for _, controller := range c.names {
			if isDir(filepath.Join(root, controller)) != nil {
				continue
			}
			controllers++
			if dir := filepath.Join(root, controller, name); isDir(dir) == nil {
				*c.to = dir
				break
			}
		}
	}
	switch {
	case controllers == 0:
		return nil, fmt.Errorf("there are no cgroups at %s", root)
	case t.processes() == "":
		return nil, missing(name, lacking)
	}
	return &t, nil
}

func isDir(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		err = errors.New("is no folder")
	}
	return err
}

func missing(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return gonef("there is no cgroup %s", name)
	}
	return fmt.Errorf("cgroup %s: %w", name, err)
}

// processes returns the folder in which the processes are listed.
func (t *cgroupTree) processes() string {
	for _, dir := range []string{t.pids, t.memory, t.cpu} {
		if dir != "" {
			return dir
		}
	}
	return ""
}

// members returns the processes of a cgroup and of those below it, and how many of
// them there are that can't be seen from this PID namespace.
func members(top string) (pids []int, foreign int, err error) {
	folders := []string{top}
	for done := 0; done < len(folders) && done < maxCgroups && len(pids) < maxProcesses; done++ {
		dir := folders[done]
		text, err := readFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil && !isGone(err) && done == 0 && !errors.Is(err, errNotSupported) {
			return nil, 0, err
		}
		for field := range bytes.FieldsSeq(text) {
			switch pid, err := strconv.ParseUint(string(field), 10, 31); {
			case err != nil: // a line that was cut
			case pid == 0:
				foreign++
			default:
				pids = append(pids, int(pid))
			}
		}
		below, err := os.ReadDir(dir)
		if err != nil {
			continue // it has gone in the meantime
		}
		for _, entry := range below {
			if entry.IsDir() {
				folders = append(folders, filepath.Join(dir, entry.Name()))
			}
		}
	}
	return pids, foreign, nil
}

// measure reads the figures of the cgroup itself.
func (t *cgroupTree) measure(g *group) {
	g.limits.cpu, g.limits.memory = float64(runtime.NumCPU()), math.NaN()
	if t.v2 {
		g.cpu, g.cpuErr = keyed(t.cpu, "cpu.stat", "usage_usec")
		g.cpu /= 1e6
		g.memory, g.memoryErr = workingSet(t.memory, "memory.current", "inactive_file")
		g.limits.cpu = min(g.limits.cpu, quota(t.cpu))
	} else {
		g.cpu, g.cpuErr = single(t.cpu, "cpuacct.usage")
		g.cpu /= 1e9
		g.memory, g.memoryErr = workingSet(t.memory, "memory.usage_in_bytes", "total_inactive_file")
		g.limits.cpu = min(g.limits.cpu, oldQuota(t.cpu))
	}
	for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
		if limit, err := single(t.memory, name); err == nil && limit > 0 && limit < unlimited {
			g.limits.memory = limit
		}
	}
	g.threads, g.threadsErr = single(t.pids, "pids.current")
}
