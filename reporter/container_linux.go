// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A container measures the load of the cgroups of the process.
type container struct {
	root fs.FS
	host host

	mu               sync.Mutex
	own              []byte // /proc/self/cgroup, as it was when the hierarchies were found
	cpu, acct, store hierarchy
	hasCPU, hasStore bool
	used             map[string]usage // CPU time, by cgroup
}

// A usage is the CPU time that a cgroup has used.
type usage struct {
	at      time.Time
	total   time.Duration
	average float64 // by its limit
}

// averaged is the time over which the use of CPU time is averaged.
const averaged = time.Minute

func newContainer(root fs.FS) *container {
	return &container{root: root, host: newHost(root)}
}

func (c *container) measure(ctx context.Context) (Load, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.find(); err != nil {
		return Load{}, fmt.Errorf("%w (%w)", ErrNoLimits, err)
	}
	cpu, cpuLimited := c.measureCPU(time.Now())
	ram, ramLimited := c.measureRAM()
	if cpuLimited && ramLimited {
		return Load{cpu, ram}, nil
	}
	if !cpuLimited && !ramLimited {
		return Load{}, ErrNoLimits
	}
	load, err := c.host.measure(ctx)
	if cpuLimited {
		load.CPU = cpu
	} else {
		load.RAM = ram
	}
	return load, err
}

// find finds the cgroups, again when the process was moved.
func (c *container) find() error {
	own, err := fs.ReadFile(c.root, "proc/self/cgroup")
	if err != nil || bytes.Equal(own, c.own) {
		return err
	}
	text, err := fs.ReadFile(c.root, "proc/self/mountinfo")
	if err != nil {
		return err
	}
	in, mounts := parseMemberships(own), parseMounts(text)
	c.cpu, c.hasCPU = findHierarchy(in, mounts, "cpu")
	c.acct, _ = findHierarchy(in, mounts, "cpuacct")
	c.store, c.hasStore = findHierarchy(in, mounts, "memory")
	c.own, c.used = own, map[string]usage{}
	return nil
}

// measureCPU returns the greatest share of a limit that is used, if there is a limit.
// One that is more than the host has is none.
func (c *container) measureCPU(now time.Time) (worst float64, limited bool) {
	if !c.hasCPU {
		return 0, false
	}
	most := float64(c.host.cores())
	for _, group := range c.cpu.groups {
		limit, err := c.cpuLimit(group)
		if err != nil || limit > most {
			continue
		}
		total, err := c.cpuTime(group)
		if err != nil {
			continue
		}
		u, known := c.used[group]
		if passed := now.Sub(u.at); known && passed > 0 && total >= u.total {
			share := float64(total-u.total) / float64(passed) / limit
			u.average += (share - u.average) * (1 - math.Exp(-passed.Seconds()/averaged.Seconds()))
		}
		u.at, u.total = now, total
		c.used[group] = u
		worst, limited = max(worst, u.average), true
	}
	return worst, limited
}

// cpuLimit returns the cores that a cgroup may use.
func (c *container) cpuLimit(group string) (float64, error) {
	if c.cpu.unified {
		text, err := c.read(c.cpu, group, "cpu.max")
		if err != nil {
			return 0, err
		}
		return parseCPUMax(text)
	}
	quota, err := c.read(c.cpu, group, "cpu.cfs_quota_us")
	if err != nil {
		return 0, err
	}
	period, err := c.read(c.cpu, group, "cpu.cfs_period_us")
	if err != nil {
		return 0, err
	}
	return parseQuota(quota, period)
}

func (c *container) cpuTime(group string) (time.Duration, error) {
	if c.cpu.unified {
		text, err := c.read(c.cpu, group, "cpu.stat")
		if err != nil {
			return 0, err
		}
		used, err := parseStat([]byte(text), "usage_usec")
		return time.Duration(used) * time.Microsecond, err
	}
	same, err := c.acct.find(c.cpu.path(group))
	if err != nil {
		return 0, err
	}
	text, err := c.read(c.acct, same, "cpuacct.usage")
	if err != nil {
		return 0, err
	}
	used, err := strconv.ParseUint(text, 10, 63)
	return time.Duration(used), err
}

// measureRAM returns the greatest share of a limit that is used, if there is a limit.
// One that is more than the host has is none.
func (c *container) measureRAM() (worst float64, limited bool) {
	if !c.hasStore {
		return 0, false
	}
	most := uint64(math.MaxUint64)
	if m, err := c.host.memory(); err == nil {
		most = m.total << 10
	}
	limitFile, usedFile, cache := "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
	if c.store.unified {
		limitFile, usedFile, cache = "memory.max", "memory.current", "inactive_file"
	}
	for _, group := range c.store.groups {
		limit, err := c.number(group, limitFile)
		if err != nil || limit == 0 || limit > most {
			continue
		}
		used, err := c.number(group, usedFile)
		if err != nil {
			continue
		}
		if stat, err := c.read(c.store, group, "memory.stat"); err == nil {
			if inactive, err := parseStat([]byte(stat), cache); err == nil {
				used -= min(used, inactive)
			}
		}
		worst, limited = max(worst, float64(used)/float64(limit)), true
	}
	return worst, limited
}

// number reads a number of bytes; max is none.
func (c *container) number(group, file string) (uint64, error) {
	text, err := c.read(c.store, group, file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(text, 10, 64)
}

func (c *container) read(h hierarchy, group, file string) (string, error) {
	text, err := fs.ReadFile(c.root, path.Join(h.mount, group, file))
	return strings.TrimSpace(string(text)), err
}
