// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// tree is a file system of some texts.
func tree(files map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

// aHost is a host of 4 cores and 8 GiB, of which half is in use.
func aHost(more map[string]string) fstest.MapFS {
	files := map[string]string{
		"proc/loadavg":                  "1.00 2.00 3.00 1/100 1000\n",
		"proc/meminfo":                  "MemTotal:        8388608 kB\nMemFree:          100 kB\nMemAvailable:    4194304 kB\n",
		"sys/devices/system/cpu/online": "0-2,5\n",
	}
	maps.Copy(files, more)
	return tree(files)
}

func TestHostLoad(t *testing.T) {
	t.Parallel()
	load, err := newHost(aHost(nil)).measure(t.Context())
	require.NoError(t, err)
	require.Equal(t, Load{CPU: 0.25, RAM: 0.5}, load)

	load, err = newHost(tree(map[string]string{"proc/loadavg": "4", "proc/meminfo": "MemTotal: 4 kB\nMemAvailable: 4 kB"})).measure(t.Context())
	require.NoError(t, err)
	require.Equal(t, Load{CPU: 4 / float64(runtime.NumCPU()), RAM: 0}, load)
}

func TestRealHost(t *testing.T) {
	t.Parallel()
	for name, meter := range map[string]Meter{"host": HostLoad(), "auto": AutoLoad()} {
		load, err := meter(t.Context())
		require.NoError(t, err, name)
		require.NoError(t, load.validate(), name)
		require.Greater(t, load.RAM, 0.0, name)
		require.Less(t, load.RAM, 1.1, name)
	}
	load, err := ContainerLoad()(t.Context())
	if err != nil {
		require.ErrorIs(t, err, ErrNoLimits)
	} else {
		require.NoError(t, load.validate())
	}
}

func TestHostThatCannotBeMeasured(t *testing.T) {
	t.Parallel()
	for want, files := range map[string]map[string]string{
		"open proc/loadavg: file does not exist":                                                {},
		"open proc/meminfo: file does not exist":                                                {"proc/loadavg": "1"},
		`reading /proc/loadavg: it begins with "", want a load average`:                         {"proc/loadavg": ""},
		`reading /proc/loadavg: it begins with "NaN", want a load average`:                      {"proc/loadavg": "NaN 1 2"},
		"reading /proc/meminfo: MemTotal is 0 and MemAvailable 0, want the first to be greater": {"proc/loadavg": "1", "proc/meminfo": ""},
		"reading /proc/meminfo: MemTotal is 1 and MemAvailable 2, want the first to be greater": {"proc/loadavg": "1", "proc/meminfo": "MemTotal: 1 kB\nMemAvailable: 2 kB"},
		`reading /proc/meminfo: MemTotal: strconv.ParseUint: parsing "many": invalid syntax`:    {"proc/loadavg": "1", "proc/meminfo": "MemTotal: many"},
	} {
		_, err := newHost(tree(files)).measure(t.Context())
		require.EqualError(t, err, want)
	}
}

// Where the cgroups of the process are, in the ways that are in use.
const (
	v2Inside  = "31 23 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n"
	v1Inside  = "32 31 0:29 /docker/c1 /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n33 31 0:30 /docker/c1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
	v1Apart   = "32 31 0:29 / /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n33 31 0:30 / /sys/fs/cgroup/cpuacct ro - cgroup cgroup rw,cpuacct\n"
	v1Depths  = "32 31 0:29 /docker/c1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n33 31 0:30 / /sys/fs/cgroup/cpuacct ro - cgroup cgroup rw,cpuacct\n"
	someOther = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n23 22 0:5 / /mnt/a\\040b rw - tmpfs tmpfs rw\n"
)

func TestContainerLoad(t *testing.T) {
	t.Parallel()
	const cg = "sys/fs/cgroup/"
	for name, tc := range map[string]struct {
		own, mounts string
		files       map[string]string
		busy        map[string]string // what changes when 10 s of CPU time were used
		ram         float64
		cpu         float64 // cores of the limit; 0 is the host's load
	}{
		"v2, namespace": {"0::/\n", someOther + v2Inside, map[string]string{
			cg + "cpu.max": "50000 100000\n", cg + "cpu.stat": "usage_usec 0\nuser_usec 7\n",
			cg + "memory.max": "1000\n", cg + "memory.current": "900\n", cg + "memory.stat": "anon 1\ninactive_file 400\n",
		}, map[string]string{cg + "cpu.stat": "usage_usec 10000000\n"}, 0.5, 0.5},
		"v2, no namespace": {"0::/a/b\n", someOther + v2Inside, map[string]string{
			cg + "a/b/cpu.max": "max 100000\n", cg + "a/b/cpu.stat": "usage_usec 0\n", cg + "a/cpu.max": "200000 100000", cg + "a/cpu.stat": "usage_usec 0\n",
			cg + "a/b/memory.max": "max\n", cg + "a/b/memory.current": "900\n", cg + "a/memory.max": "1000\n", cg + "a/memory.current": "250\n", cg + "a/memory.stat": "",
		}, map[string]string{cg + "a/cpu.stat": "usage_usec 10000000\n"}, 0.25, 2},
		"the nearest to its limit": {"0::/a/b\n", v2Inside, map[string]string{
			cg + "a/b/cpu.max": "100000 100000\n", cg + "a/b/cpu.stat": "usage_usec 0\n", cg + "a/cpu.max": "200000 100000", cg + "a/cpu.stat": "usage_usec 0\n",
			cg + "a/b/memory.max": "500\n", cg + "a/b/memory.current": "100\n", cg + "a/memory.max": "1000\n", cg + "a/memory.current": "900\n",
		}, map[string]string{cg + "a/b/cpu.stat": "usage_usec 5000000\n", cg + "a/cpu.stat": "usage_usec 20000000\n"}, 0.9, 1},
		"v2, out of sight": {"0::/../../other\n", v2Inside, map[string]string{
			cg + "memory.max": "1000\n", cg + "memory.current": "300\n",
		}, nil, 0.3, 0},
		"v2, CPU alone": {"0::/\n", v2Inside, map[string]string{
			cg + "cpu.max": "100000 100000\n", cg + "cpu.stat": "usage_usec 0\n", cg + "memory.max": "max\n", cg + "memory.current": "5\n",
		}, map[string]string{cg + "cpu.stat": "usage_usec 10000000\n"}, 0.5, 1},
		"more than the host has": {"0::/\n", v2Inside, map[string]string{
			cg + "cpu.max": "500000 100000\n", cg + "cpu.stat": "usage_usec 0\n", cg + "memory.max": "1000000000000\n", cg + "memory.current": "900\n",
		}, nil, -1, 0},
		"v1, Docker": {"9:memory:/docker/c1\n4:cpu,cpuacct:/docker/c1\n1:name=systemd:/docker/c1\n0::/system.slice/docker.service\n", v1Inside, map[string]string{
			cg + "cpu,cpuacct/cpu.cfs_quota_us": "100000\n", cg + "cpu,cpuacct/cpu.cfs_period_us": "100000\n", cg + "cpu,cpuacct/cpuacct.usage": "0\n",
			cg + "memory/memory.limit_in_bytes": "1000\n", cg + "memory/memory.usage_in_bytes": "900\n", cg + "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 150\n",
		}, map[string]string{cg + "cpu,cpuacct/cpuacct.usage": "10000000000\n"}, 0.75, 1},
		"v1, no limits but above": {"9:memory:/docker/c1/x\n4:cpu,cpuacct:/docker/c1/x\n", v1Inside, map[string]string{
			cg + "cpu,cpuacct/x/cpu.cfs_quota_us": "-1\n", cg + "cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
			cg + "cpu,cpuacct/cpu.cfs_quota_us": "300000\n", cg + "cpu,cpuacct/cpu.cfs_period_us": "100000\n", cg + "cpu,cpuacct/cpuacct.usage": "0\n",
			cg + "memory/x/memory.limit_in_bytes": "9223372036854771712\n", cg + "memory/x/memory.usage_in_bytes": "9\n",
			cg + "memory/memory.limit_in_bytes": "1000\n", cg + "memory/memory.usage_in_bytes": "100\n",
		}, map[string]string{cg + "cpu,cpuacct/cpuacct.usage": "10000000000\n"}, 0.1, 3},
		"v1, CPU time apart": {"2:cpuacct:/a\n1:cpu:/a\n0::/\n", v1Apart, map[string]string{
			cg + "cpu/a/cpu.cfs_quota_us": "100000\n", cg + "cpu/a/cpu.cfs_period_us": "100000\n", cg + "cpuacct/a/cpuacct.usage": "0\n",
		}, map[string]string{cg + "cpuacct/a/cpuacct.usage": "10000000000\n"}, 0.5, 1},
		"v1, CPU time elsewhere": {"2:cpuacct:/b\n1:cpu:/a\n0::/\n", v1Apart, map[string]string{
			cg + "cpu/a/cpu.cfs_quota_us": "100000\n", cg + "cpu/a/cpu.cfs_period_us": "100000\n",
			cg + "cpuacct/a/cpuacct.usage": "0\n", cg + "cpuacct/b/cpuacct.usage": "0\n",
		}, nil, -1, 0},
		"v1, mounted at different depths": {"2:cpuacct:/docker/c1\n1:cpu:/docker/c1\n", v1Depths, map[string]string{
			cg + "cpu/cpu.cfs_quota_us": "100000\n", cg + "cpu/cpu.cfs_period_us": "100000\n",
			cg + "cpuacct/cpuacct.usage": "0\n", cg + "cpuacct/docker/c1/cpuacct.usage": "0\n",
		}, map[string]string{cg + "cpuacct/cpuacct.usage": "77000000000\n", cg + "cpuacct/docker/c1/cpuacct.usage": "10000000000\n"}, 0.5, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				root := aHost(tc.files)
				maps.Copy(root, tree(map[string]string{"proc/self/cgroup": tc.own, "proc/self/mountinfo": tc.mounts}))
				c := newContainer(root)
				if tc.ram < 0 {
					_, err := c.measure(t.Context())
					require.ErrorIs(t, err, ErrNoLimits)
					load, err := newAuto(root)(t.Context())
					require.NoError(t, err)
					require.Equal(t, Load{CPU: 0.25, RAM: 0.5}, load)
					return
				}
				first, err := c.measure(t.Context())
				require.NoError(t, err)
				require.InDelta(t, tc.ram, first.RAM, 1e-9)
				if tc.cpu == 0 {
					require.InDelta(t, 0.25, first.CPU, 1e-9)
					return
				}
				require.Zero(t, first.CPU)
				time.Sleep(30 * time.Second)
				maps.Copy(root, tree(tc.busy))
				second, err := c.measure(t.Context())
				require.NoError(t, err)
				require.InDelta(t, 10.0/30/tc.cpu*(1-math.Exp(-0.5)), second.CPU, 1e-9)
			})
		})
	}
}

func TestContainerWithoutCgroups(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{{}, {"proc/self/cgroup": "0::/\n"}, {"proc/self/cgroup": "", "proc/self/mountinfo": ""}} {
		_, err := newContainer(aHost(files)).measure(t.Context())
		require.ErrorIs(t, err, ErrNoLimits)
	}
}

// Limits may come, change and go, and a process may be moved.
func TestLimitsThatChange(t *testing.T) {
	t.Parallel()
	root := aHost(map[string]string{"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": v2Inside, "sys/fs/cgroup/a/memory.current": "10", "sys/fs/cgroup/b/memory.current": "20"})
	meter := newAuto(root)
	for _, step := range []struct {
		files map[string]string
		ram   float64
	}{
		{nil, 0.5},
		{map[string]string{"sys/fs/cgroup/a/memory.max": "100"}, 0.1},
		{map[string]string{"sys/fs/cgroup/a/memory.max": "50"}, 0.2},
		{map[string]string{"sys/fs/cgroup/b/memory.max": "25", "proc/self/cgroup": "0::/b\n"}, 0.8},
		{map[string]string{"sys/fs/cgroup/b/memory.max": "max"}, 0.5},
	} {
		maps.Copy(root, tree(step.files))
		load, err := meter(t.Context())
		require.NoError(t, err)
		require.InDelta(t, step.ram, load.RAM, 1e-9)
	}
}

// A limit that is used in full comes to 1 as a load average does.
func TestCPUIsAveraged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const dir = "sys/fs/cgroup/"
		root := aHost(map[string]string{"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": v2Inside, dir + "cpu.max": "100000 100000"})
		c := newContainer(root)
		began := time.Now()
		var load Load
		for range 10 {
			root[dir+"cpu.stat"] = &fstest.MapFile{Data: fmt.Appendf(nil, "usage_usec %d\n", time.Since(began).Microseconds())}
			var err error
			load, err = c.measure(t.Context())
			require.NoError(t, err)
			time.Sleep(30 * time.Second)
		}
		require.InDelta(t, 1-math.Exp(-270.0/60), load.CPU, 1e-9)
	})
}

// One Options for two reporters has them share its meter.
func TestMetersMayBeShared(t *testing.T) {
	t.Parallel()
	meter := newAuto(aHost(map[string]string{
		"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": v2Inside,
		"sys/fs/cgroup/cpu.max": "100000 100000", "sys/fs/cgroup/cpu.stat": "usage_usec 0\n",
	}))
	var sharing sync.WaitGroup
	for range 8 {
		sharing.Go(func() {
			for range 100 {
				if _, err := meter(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	sharing.Wait()
}
