// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/sidecar/config"
)

func check(t *testing.T, w Watch, want status.Status, reason string) Verdict {
	t.Helper()
	v := w.Check(t.Context())
	require.Equal(t, want, v.Status, v.Reason)
	require.Regexp(t, "^"+reason+"$", v.Reason)
	return v
}

func TestProcessByPIDFile(t *testing.T) {
	t.Parallel()
	child := begin(t, "sleep", "")
	w, now := on(t, config.Watch{Process: &config.Process{PIDFile: pidFile(t, child.pid())}})
	v := check(t, w, status.Healthy, "")
	require.True(t, math.IsNaN(v.Figures.CPU), "there was no look before")
	require.Positive(t, v.Figures.Memory)
	require.Positive(t, v.Figures.Threads)
	require.InDelta(t, 1, v.Figures.Processes, 0)
	require.WithinDuration(t, time.Now(), v.Figures.Started, 10*time.Second)
	require.True(t, math.IsNaN(v.Figures.OpenFiles), "nobody asked")
	*now = now.Add(10 * time.Second)
	require.Less(t, check(t, w, status.Healthy, "").Figures.CPU, 0.2)

	child.end()
	check(t, w, status.Dead, `there is no process \d+, which .*a.pid names`)
	require.NoError(t, os.Remove(w.which.PIDFile))
	check(t, w, status.Dead, `there is no PID file .*a.pid`)
}

func TestAPIDThatAnotherProcessHas(t *testing.T) {
	t.Parallel()
	child := begin(t, "sleep", "worker")
	file := pidFile(t, child.pid())
	old := time.Now().Add(-time.Minute)
	require.NoError(t, os.Chtimes(file, old, old))
	w, _ := on(t, config.Watch{Process: &config.Process{PIDFile: file}})
	check(t, w, status.Dead, `process \d+ is another one \("worker"\): it began after .*a.pid was written`)

	w, _ = on(t, config.Watch{Process: &config.Process{PIDFile: file, Name: "worker"}})
	check(t, w, status.Healthy, "")
	w, _ = on(t, config.Watch{Process: &config.Process{PIDFile: file, Name: "other"}})
	check(t, w, status.Dead, `process \d+, which .*a.pid names, is "worker", not "other"`)
}

// TestTheClockIsSetForward: a process seems younger than its file from then on.
func TestTheClockIsSetForward(t *testing.T) {
	t.Parallel()
	child := begin(t, "sleep", "worker")
	file := pidFile(t, child.pid())
	w, now := on(t, config.Watch{Process: &config.Process{PIDFile: file}})
	check(t, w, status.Healthy, "")
	*now = now.Add(time.Hour)
	check(t, w, status.Healthy, "")
	old := time.Now().Add(-time.Minute)
	require.NoError(t, os.Chtimes(file, old, old))
	check(t, w, status.Dead, `process \d+ is another one .*`)
}

func TestPIDFilesThatTellNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for text, reason := range map[string]string{
		"":            "PID file .*: is empty",
		"\n":          "PID file .*: is empty",
		"nginx\n":     "PID file .*: its first line is no number of a process",
		"-1":          "PID file .*: its first line is no number of a process",
		"0":           "PID file .*: its first line is no number of a process",
		"99999999999": "PID file .*: its first line is no number of a process",
	} {
		file := filepath.Join(dir, "file")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		w, _ := on(t, config.Watch{Process: &config.Process{PIDFile: file}})
		check(t, w, status.Unknown, reason)
	}
	for _, name := range []string{dir, fifo} {
		w, _ := on(t, config.Watch{Process: &config.Process{PIDFile: name}})
		check(t, w, status.Unknown, ".* is no file")
	}
}

func TestAZombieIsDead(t *testing.T) {
	t.Parallel()
	parent := begin(t, "zombie", "")
	pid, err := strconv.Atoi(parent.line())
	require.NoError(t, err)
	require.Equal(t, "ready", parent.line())
	w, _ := on(t, config.Watch{Process: &config.Process{PIDFile: pidFile(t, pid)}})
	require.Eventually(t, func() bool { return w.Check(t.Context()).Status == status.Dead }, 10*time.Second, 5*time.Millisecond)
	check(t, w, status.Dead, `process \d+ has ended, and its parent has not noticed \(a zombie\)`)
}

func TestAStoppedProcessIsSick(t *testing.T) {
	t.Parallel()
	child := begin(t, "sleep", "")
	require.NoError(t, child.cmd.Process.Signal(syscall.SIGSTOP))
	w, _ := on(t, config.Watch{Process: &config.Process{PIDFile: pidFile(t, child.pid())}})
	require.Eventually(t, func() bool { return w.Check(t.Context()).Status == status.Sick }, 10*time.Second, 5*time.Millisecond)
	check(t, w, status.Sick, `process \d+ is stopped by a signal`)
	require.NoError(t, child.cmd.Process.Signal(syscall.SIGCONT))
	require.Eventually(t, func() bool { return w.Check(t.Context()).Status == status.Healthy }, 10*time.Second, 5*time.Millisecond)
}

func TestCPUOfAllThreadsInCores(t *testing.T) {
	t.Parallel()
	child := begin(t, "burn", "")
	w, now := on(t, config.Watch{Process: &config.Process{PIDFile: pidFile(t, child.pid())}, Limits: limits(t, "{cpu: {sick_above: 0.01, dead_above: 900}}"), Report: config.ReportLoad})
	before := w.Check(t.Context())
	require.Equal(t, status.Healthy, before.Status, "one look says nothing of the processor")
	var used float64
	require.Eventually(t, func() bool { // until the kernel has counted a second of it
		s, err := w.host.procs.stat(child.pid())
		require.NoError(t, err)
		used = s.cpu
		return used > 1
	}, time.Minute, 20*time.Millisecond)
	*now = now.Add(2 * time.Second) // whatever time that took here: in two seconds
	v := check(t, w, status.Sick, `uses \d+\.\d\d cores, sick above 0.01`)
	require.InDelta(t, used/2, v.Figures.CPU, used/4)
	require.InDelta(t, v.Figures.CPU/float64(runtime.NumCPU()), v.Figures.CPUShare, 1e-9)
	require.Positive(t, v.Figures.MemoryShare)

	*now = now.Add(100 * time.Millisecond)
	require.InDelta(t, v.Figures.CPU, w.Check(t.Context()).Figures.CPU, 1e-9, "moments are not measured")
}

func TestOpenFilesAndThreadsAndMemory(t *testing.T) {
	t.Parallel()
	child := begin(t, "files", "")
	file := pidFile(t, child.pid())
	for text, want := range map[string]struct {
		status status.Status
		reason string
	}{
		"{open_files: {sick_above: 50}}":                       {status.Sick, `has 5\d files open, sick above 50`},
		"{open_files: {sick_above: 10, dead_above: 50}}":       {status.Dead, `has 5\d files open, dead above 50`},
		"{open_files: {sick_above: 1000}}":                     {status.Healthy, ""},
		"{open_files: {sick_above: 0%}}":                       {status.Sick, `has 5\d files open, \d+% of what it may, sick above 0%`},
		"{open_files: {sick_above: 99%}}":                      {status.Healthy, ""},
		"{threads: {dead_above: 1}}":                           {status.Dead, `has \d+ threads, dead above 1`},
		"{memory: {sick_above: 100KB}}":                        {status.Sick, `uses [\d.]+MiB of memory, sick above 100KB`},
		"{memory: {sick_above: 90%}}":                          {status.Healthy, ""},
		"{memory: {sick_above: 0%}}":                           {status.Sick, `uses [\d.]+MiB of memory, \d%, sick above 0%`},
		"{memory: {sick_above: 0%}, threads: {sick_above: 0}}": {status.Sick, `uses .*; has \d+ threads, sick above 0`},
	} {
		w, _ := on(t, config.Watch{Process: &config.Process{PIDFile: file}, Limits: limits(t, text)})
		v := check(t, w, want.status, want.reason)
		require.False(t, v.Figures.MemoryShare > 1, text) //nolint:testifylint // NaN where nobody asked
	}
}

func TestProcessesByName(t *testing.T) {
	t.Parallel()
	name := "w" + strconv.Itoa(os.Getpid()) + "-with-a-long-name" // the kernel keeps 15 bytes of it
	w, now := on(t, config.Watch{Process: &config.Process{Name: name, Min: 2}})
	check(t, w, status.Dead, `there is no process "`+name+`"`)
	first := begin(t, "sleep", name)
	check(t, w, status.Dead, `".*" has 1 process, want at least 2`)
	begin(t, "sleep", name)
	v := check(t, w, status.Healthy, "")
	require.InDelta(t, 2, v.Figures.Processes, 0)
	require.InDelta(t, 0, v.Figures.RestartsSeen, 0)
	one, _ := on(t, config.Watch{Process: &config.Process{PIDFile: pidFile(t, first.pid())}})
	require.Greater(t, v.Figures.Memory, 1.5*one.Check(t.Context()).Figures.Memory, "the sum")

	begin(t, "sleep", name)
	*now = now.Add(freshness)
	v = check(t, w, status.Healthy, "")
	require.InDelta(t, 3, v.Figures.Processes, 0)
	require.InDelta(t, 0, v.Figures.RestartsSeen, 0, "more of them is no restart")
	first.end()
	v = check(t, w, status.Healthy, "")
	require.InDelta(t, 2, v.Figures.Processes, 0)
	require.InDelta(t, 1, v.Figures.RestartsSeen, 0, "the oldest is another one")

	short, _ := on(t, config.Watch{Process: &config.Process{Name: name[:15], Min: 2}})
	check(t, short, status.Healthy, "")
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.pid")
	w, now := on(t, config.Watch{Process: &config.Process{PIDFile: file}, Limits: limits(t, "{restarts: {sick_above: 1, dead_above: 2, within: 10m}}")})
	restart := func() {
		child := begin(t, "sleep", "")
		require.NoError(t, os.WriteFile(file, []byte(strconv.Itoa(child.pid())), 0o600))
		require.NoError(t, os.Chtimes(file, *now, *now))
	}
	restart()
	check(t, w, status.Healthy, "")
	check(t, w, status.Healthy, "")
	restart()
	require.InDelta(t, 1, check(t, w, status.Healthy, "").Figures.Restarts, 0)
	*now = now.Add(time.Minute)
	restart()
	check(t, w, status.Sick, "was restarted 2 times within 10m0s, sick above 1")
	restart()
	check(t, w, status.Dead, "was restarted 3 times within 10m0s, dead above 2")
	*now = now.Add(9*time.Minute + time.Second)
	check(t, w, status.Sick, "was restarted 2 times .*")
	*now = now.Add(time.Minute)
	require.InDelta(t, 3, check(t, w, status.Healthy, "").Figures.RestartsSeen, 0)
}

// TestWhatIsHiddenIsUnknown: a process of another user with files that this one may not
// count, as long as nothing else is wrong with it.
func TestWhatIsHiddenIsUnknown(t *testing.T) {
	t.Parallel()
	h := NewHost(HostOptions{})
	g, err := h.ofCgroup("/", 1, wants{})
	if err != nil || len(g.processes) == 0 {
		testkit.Skip(t, "the machine has no cgroups")
	}
	g = group{processes: g.processes[:1]}
	h.complete(&g, wants{})
	g.filesErr = os.ErrPermission
	var m meter
	v := m.judge(limits(t, "{open_files: {sick_above: 80%}}"), g, time.Now())
	require.Equal(t, status.Unknown, v.Status)
	require.Equal(t, "permission denied", v.Reason)
	v = m.judge(limits(t, "{open_files: {sick_above: 80%}, threads: {dead_above: 0}}"), g, time.Now())
	require.Equal(t, status.Dead, v.Status, "what is known to be bad is told")
	require.NotContains(t, v.Reason, "permission")
	v = m.judge(limits(t, "{threads: {dead_above: 1000000}}"), g, time.Now())
	require.Equal(t, status.Healthy, v.Status, "nobody asked for it")
}
