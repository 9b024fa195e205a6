// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path"
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
	pids, foreign, err := members(tree.dir(tree.list))
	if err != nil {
		return group{}, fmt.Errorf("cgroup %s: %w", name, err)
	}
	g := group{processes: h.stats(pids), ofCgroup: true}
	count := len(g.processes) + foreign
	switch {
	case count < least && count == 0:
		return group{}, gonef("cgroup %s has no processes", name)
	case count < least:
		return group{}, gonef("cgroup %s has %s, want at least %d", name, counted(float64(count), "process", "processes"), least)
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

// A cgroupTree is where the controllers have a cgroup: all in one hierarchy in version 2,
// in several ones in version 1. Each is a folder; empty if it has not the cgroup.
type cgroupTree struct {
	name string // of the cgroup, below each of them; begins with a slash

	v2                      bool
	cpu, used, memory, pids string // used is that of the CPU time
	list                    string // one that lists the processes; never empty
}

// dir returns the folder of the cgroup in a hierarchy; empty if that has it not.
func (t *cgroupTree) dir(hierarchy string) string {
	if hierarchy == "" {
		return ""
	}
	return filepath.Join(hierarchy, t.name)
}

// lineage returns that folder, and those above it: their limits hold for it, too.
func (t *cgroupTree) lineage(hierarchy string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := t.name; hierarchy != ""; name = path.Dir(name) {
			if !yield(filepath.Join(hierarchy, name)) || name == "/" {
				return
			}
		}
	}
}

// tree finds a cgroup. The error is a gone one if there is none of the name.
func (h *Host) tree(name string) (*cgroupTree, error) {
	root := h.o.Cgroup
	t := &cgroupTree{name: path.Clean("/" + name)}
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		if err := isDir(t.dir(root)); err != nil {
			return nil, missing(name, err)
		}
		t.v2, t.cpu, t.used, t.memory, t.pids, t.list = true, root, root, root, root, root
		return t, nil
	}
	hierarchies := 0
	for _, c := range []struct {
		to    *string
		names []string
	}{
		{&t.pids, []string{"pids"}},
		{&t.memory, []string{"memory"}},
		{&t.used, []string{"cpu,cpuacct", "cpuacct,cpu", "cpuacct"}},
		{&t.cpu, []string{"cpu,cpuacct", "cpuacct,cpu", "cpu"}},
		{new(string), []string{"systemd", "unified"}}, // where systemd has its units, with accounting or without
	} {
		for _, controller := range c.names {
			dir := filepath.Join(root, controller)
			if isDir(dir) != nil {
				continue
			}
			hierarchies++
			if isDir(t.dir(dir)) == nil {
				*c.to, t.list = dir, cmp.Or(t.list, dir)
				break
			}
		}
	}
	switch {
	case hierarchies == 0:
		return nil, fmt.Errorf("there are no cgroups at %s", root)
	case t.list == "":
		return nil, missing(name, fs.ErrNotExist)
	}
	return t, nil
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
		text = text[:bytes.LastIndexByte(text, '\n')+1] // the last line may have been cut
		for field := range bytes.FieldsSeq(text) {
			switch pid, err := strconv.ParseUint(string(field), 10, 31); {
			case err != nil: // the kernel writes numbers alone
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

// measure reads the figures of the cgroup itself, and the tightest limits that hold for it.
func (t *cgroupTree) measure(g *group) {
	cpuLimit, memoryLimit := quota, "memory.max"
	if t.v2 {
		g.cpu, g.cpuErr = keyed(t.dir(t.used), "cpu.stat", "usage_usec")
		g.cpu /= 1e6
		g.memory, g.memoryErr = workingSet(t.dir(t.memory), "memory.current", "inactive_file")
	} else {
		cpuLimit, memoryLimit = oldQuota, "memory.limit_in_bytes"
		g.cpu, g.cpuErr = single(t.dir(t.used), "cpuacct.usage")
		g.cpu /= 1e9
		g.memory, g.memoryErr = workingSet(t.dir(t.memory), "memory.usage_in_bytes", "total_inactive_file")
	}
	g.limits.cpu, g.limits.memory = float64(runtime.NumCPU()), math.NaN()
	for dir := range t.lineage(t.cpu) {
		g.limits.cpu = min(g.limits.cpu, cpuLimit(dir))
	}
	for dir := range t.lineage(t.memory) {
		limit, err := single(dir, memoryLimit)
		if err == nil && limit > 0 && limit < unlimited && !(limit >= g.limits.memory) { // it may be NaN
			g.limits.memory = limit
		}
	}
	g.threads, g.threadsErr = single(t.dir(t.pids), "pids.current")
}
