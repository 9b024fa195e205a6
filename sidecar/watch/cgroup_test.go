// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/sidecar/config"
)

// write makes a file below a folder, and the folders that it is in.
func write(t testing.TB, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// fakeCgroups makes what the kernel shows of /system.slice/a.service, with a process.
func fakeCgroups(t testing.TB, v2 bool, pid int) string {
	t.Helper()
	root := t.TempDir()
	const name = "system.slice/a.service/"
	if v2 {
		for file, text := range map[string]string{
			"cgroup.controllers":  "cpu memory pids\n",
			name + "cgroup.procs": "", name + "worker/cgroup.procs": fmt.Sprintf("%d\n", pid),
			name + "cpu.stat": "usage_usec 4000000\nuser_usec 1\n", name + "cpu.max": "50000 100000\n",
			name + "memory.current": "104857600\n", name + "memory.max": "104857600\n",
			name + "memory.stat": "anon 1\ninactive_file 41943040\n", name + "pids.current": "7\n",
		} {
			write(t, root, file, text)
		}
		return root
	}
	for file, text := range map[string]string{
		"pids/" + name + "cgroup.procs": fmt.Sprintf("%d\n", pid), "pids/" + name + "pids.current": "7\n",
		"cpu,cpuacct/" + name + "cpuacct.usage":    "4000000000\n",
		"cpu,cpuacct/" + name + "cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/" + name + "cpu.cfs_period_us": "100000\n",
		"memory/" + name + "memory.usage_in_bytes": "104857600\n", "memory/" + name + "memory.limit_in_bytes": "104857600\n",
		"memory/" + name + "memory.stat": "inactive_file 1\ntotal_inactive_file 41943040\n",
	} {
		write(t, root, file, text)
	}
	return root
}

func TestCgroups(t *testing.T) {
	t.Parallel()
	for version, v2 := range map[string]bool{"v1": false, "v2": true} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			child := begin(t, "sleep", "")
			root := fakeCgroups(t, v2, child.pid())
			now := time.Now()
			h := NewHost(HostOptions{Cgroup: root})
			h.now = func() time.Time { return now }
			w, err := h.Watch(&config.Watch{Report: config.ReportLoad, Process: &config.Process{Cgroup: "/system.slice/a.service", Min: 1}, Limits: limits(t, "{cpu: {sick_above: 0.3}, open_files: {dead_above: 1000}}")})
			require.NoError(t, err)
			v := check(t, w, status.Healthy, "")
			require.InDelta(t, 60<<20, v.Figures.Memory, 0, "without what the kernel gives back at once")
			require.InDelta(t, 0.6, v.Figures.MemoryShare, 1e-9)
			require.InDelta(t, 7, v.Figures.Threads, 0)
			require.InDelta(t, 1, v.Figures.Processes, 0)
			require.Positive(t, v.Figures.OpenFiles)

			now = now.Add(10 * time.Second)
			if v2 {
				write(t, root, "system.slice/a.service/cpu.stat", "usage_usec 8000000\n")
			} else {
				write(t, root, "cpu,cpuacct/system.slice/a.service/cpuacct.usage", "8000000000\n")
			}
			v = check(t, w, status.Sick, "uses 0.40 cores, sick above 0.3")
			require.InDelta(t, 0.4, v.Figures.CPU, 1e-9)
			require.InDelta(t, 0.8, v.Figures.CPUShare, 1e-9, "of half a core")

			now = now.Add(10 * time.Second) // made anew
			if v2 {
				write(t, root, "system.slice/a.service/cpu.stat", "usage_usec 1000000\n")
			} else {
				write(t, root, "cpu,cpuacct/system.slice/a.service/cpuacct.usage", "1000000000\n")
			}
			require.InDelta(t, 0.1, check(t, w, status.Healthy, "").Figures.CPU, 1e-9)

			child.end()
			check(t, w, status.Dead, "cgroup /system.slice/a.service has no processes")
			require.NoError(t, os.RemoveAll(root))
			require.NoError(t, os.Mkdir(root, 0o755))
			check(t, w, status.Unknown, "there are no cgroups at .*")
			write(t, root, map[bool]string{true: "cgroup.controllers", false: "memory/tasks"}[v2], "")
			check(t, w, status.Dead, "there is no cgroup /system.slice/a.service")
		})
	}
}

func TestACgroupWithoutControllers(t *testing.T) {
	t.Parallel()
	child := begin(t, "sleep", "")
	root := t.TempDir()
	write(t, root, "cgroup.controllers", "")
	write(t, root, "a/cgroup.procs", fmt.Sprintf("%d\n0\n", child.pid()))
	h := NewHost(HostOptions{Cgroup: root})
	w := func(text string) Watch {
		w, err := h.Watch(&config.Watch{Process: &config.Process{Cgroup: "/a", Min: 2}, Limits: limits(t, text)})
		require.NoError(t, err)
		return w
	}
	v := check(t, w("{}"), status.Healthy, "")
	require.InDelta(t, 2, v.Figures.Processes, 0, "one of them is in another PID namespace")
	require.True(t, math.IsNaN(v.Figures.Memory))
	check(t, w("{memory: {sick_above: 1GB}}"), status.Unknown, "the cgroup has no memory.current: its controller is off")
	check(t, w("{cpu: {sick_above: 1}}"), status.Unknown, "the cgroup has no cpu.stat: its controller is off")
	check(t, w("{threads: {sick_above: 1}}"), status.Unknown, "the cgroup has no pids.current: .*")
	check(t, w("{open_files: {sick_above: 100}}"), status.Unknown, "the open files can't be counted: .* in another PID namespace.*")
	write(t, root, "a/cgroup.procs", fmt.Sprintf("%d\n", child.pid()))
	check(t, w("{}"), status.Dead, "cgroup /a has 1 process, want at least 2")
}

// TestACgroupWithoutAccounting: of version 1, systemd has it in a hierarchy of its own.
func TestACgroupWithoutAccounting(t *testing.T) {
	t.Parallel()
	for _, its := range []string{"systemd", "unified"} {
		root := t.TempDir()
		for _, other := range []string{"cpu,cpuacct", "memory", "pids"} {
			write(t, root, other+"/tasks", "")
		}
		write(t, root, its+"/system.slice/db.service/cgroup.procs", fmt.Sprintln(os.Getpid()))
		w := func(name, text string) Watch {
			w, err := NewHost(HostOptions{Cgroup: root}).Watch(&config.Watch{Process: &config.Process{Cgroup: name, Min: 1}, Limits: limits(t, text)})
			require.NoError(t, err)
			return w
		}
		v := check(t, w("/system.slice/db.service", "{threads: {sick_above: 1000}}"), status.Healthy, "")
		require.Positive(t, v.Figures.Threads)
		check(t, w("/system.slice/db.service", "{memory: {sick_above: 1GB}}"), status.Unknown, "the cgroup has no memory.usage_in_bytes: its controller is off")
		check(t, w("/system.slice/other.service", "{}"), status.Dead, "there is no cgroup /system.slice/other.service")
	}
}

// TestLimitsOfCgroupsAbove hold for those below; cpu and cpuacct may be mounted apart.
func TestLimitsOfCgroupsAbove(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"v2": {
			"cgroup.controllers": "", "memory.max": "9000\n", "a/cpu.max": "25000 100000\n", "a/memory.max": "1000\n",
			"a/b/cpu.max": "max 100000\n", "a/b/cpu.stat": "usage_usec 4000000\n", "a/b/memory.max": "max\n", "a/b/cgroup.procs": "0\n",
		},
		"v1": {
			"cpu/a/cpu.cfs_quota_us": "25000\n", "cpu/a/cpu.cfs_period_us": "100000\n", "cpu/a/b/cpu.cfs_quota_us": "-1\n", "cpu/a/b/cpu.cfs_period_us": "100000\n",
			"cpuacct/a/b/cpuacct.usage": "4000000000\n", "cpuacct/a/b/cgroup.procs": "0\n",
			"memory/a/memory.limit_in_bytes": "1000\n", "memory/a/b/memory.limit_in_bytes": "9223372036854771712\n", "memory/a/b/cgroup.procs": "0\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for file, text := range files {
				write(t, root, file, text)
			}
			g, err := NewHost(HostOptions{Cgroup: root}).ofCgroup("/a/b", 1, wants{})
			require.NoError(t, err)
			require.NoError(t, g.cpuErr)
			require.InDelta(t, 4, g.cpu, 1e-9)
			require.InDelta(t, 0.25, g.limits.cpu, 1e-9)
			require.InDelta(t, 1000, g.limits.memory, 0)
		})
	}
}

// TestAListThatIsCut: the rest of its last line is the number of another process.
func TestAListThatIsCut(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	whole := strings.Repeat("00012345\n", maxProcFile/9)
	write(t, root, "cgroup.procs", whole+"77777777\n")
	pids, _, err := members(root)
	require.NoError(t, err)
	require.Len(t, pids, maxProcFile/9)
	require.NotZero(t, maxProcFile%9, "or nothing is cut")
}

// TestTheCgroupsOfThisMachine: what is there can be measured.
func TestTheCgroupsOfThisMachine(t *testing.T) {
	t.Parallel()
	h := NewHost(HostOptions{})
	g, err := h.ofCgroup("/", 1, wants{share: true})
	if err != nil {
		testkit.Skip(t, "the machine has no cgroups: "+err.Error())
	}
	require.Positive(t, g.count)
	require.GreaterOrEqual(t, g.limits.cpu, 0.01)
	require.LessOrEqual(t, g.limits.cpu, float64(runtime.NumCPU()))
	require.True(t, g.memoryErr != nil || g.memory > 0)
	require.True(t, g.cpuErr != nil || g.cpu > 0)
	require.True(t, g.limits.memory > 0 || g.shareErr != nil)
}

// FuzzCgroup: whatever the files of a cgroup hold, measuring them ends, and a figure is
// one, or there is an error.
func FuzzCgroup(f *testing.F) {
	f.Add("usage_usec 1\n", "50000 100000\n", "12\n", "inactive_file 3\n", "max\n", "7\n")
	f.Add("usage_usec", "max 100000", "-1", "inactive_file x", "9223372036854771712", "max")
	f.Add("usage_usec 99999999999999999999\n", "1 0", "", "\x00", "0", "NaN")
	f.Fuzz(func(t *testing.T, cpu, quota, memory, memoryStat, limit, pids string) {
		root := t.TempDir()
		write(t, root, "cgroup.controllers", "")
		for name, text := range map[string]string{
			"cpu.stat": cpu, "cpu.max": quota, "memory.current": memory, "memory.stat": memoryStat,
			"memory.max": limit, "pids.current": pids, "cgroup.procs": pids,
		} {
			write(t, root, "a/"+name, text)
		}
		h := NewHost(HostOptions{Cgroup: root})
		g, err := h.ofCgroup("/a", 0, wants{files: true})
		if err != nil {
			return
		}
		require.Equal(t, g.cpuErr != nil, math.IsNaN(g.cpu))
		require.Equal(t, g.memoryErr != nil, math.IsNaN(g.memory))
		require.False(t, math.IsNaN(g.limits.cpu))
		require.Greater(t, g.limits.cpu, 0.0)
	})
}

// FuzzStat: no name of a process makes another one of it, and nothing panics.
func FuzzStat(f *testing.F) {
	self, err := os.ReadFile("/proc/self/stat")
	if err == nil {
		f.Add(string(self), "x")
	}
	f.Add("1 (a", "")
	f.Add(")(", "")
	f.Add("1 () S", ") S 1 2 3")
	f.Add("", "a b) R 1 (c")
	f.Fuzz(func(t *testing.T, text, name string) {
		if s, err := parseStat(1, []byte(text)); err == nil {
			require.GreaterOrEqual(t, s.cpu, 0.0)
			require.GreaterOrEqual(t, s.memory, 0.0)
		}
		if strings.ContainsAny(name, "\x00") {
			return
		}
		line := "7 (" + name + ") S" + strings.Repeat(" 1", 10) + " 300 100 1 1 20 0 4 0 12345 1 6 1"
		s, err := parseStat(7, []byte(line))
		require.NoError(t, err)
		require.Equal(t, stat{identity{7, 12345}, name, 'S', 4, 4, 6 * float64(os.Getpagesize())}, s)
	})
}

// FuzzPID: what is taken for a PID is one.
func FuzzPID(f *testing.F) {
	for _, text := range []string{"1\n", "  22 \n33", "", "-1", "4194304", "0x10", "1 2", "１"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if pid, err := parsePID([]byte(text)); err == nil {
			require.Positive(t, pid)
			require.LessOrEqual(t, pid, maxPID)
		}
	})
}
