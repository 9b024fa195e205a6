// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func shell(text string) probe.Prober { return probe.Script(probe.ScriptOptions{Shell: text}) }

func TestShell(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want probe.Verdict
	}{
		"healthy":            {"exit 0", probe.Verdict{Status: status.Healthy}},
		"healthy, with text": {"echo; echo ' DISK OK '; echo more", probe.Verdict{Status: status.Healthy, Detail: "DISK OK"}},
		"sick":               {"echo LOAD >&2; exit 1", probe.Verdict{Status: status.Sick, Reason: status.Exit, Detail: "exit status 1: LOAD"}},
		"dead":               {"exit 2", probe.Verdict{Status: status.Dead, Reason: status.Exit, Detail: "exit status 2"}},
		"unknown":            {"exit 3", probe.Verdict{Status: status.Unknown, Reason: status.Exit, Detail: "exit status 3"}},
		"dead by any other":  {"exit 127", probe.Verdict{Status: status.Dead, Reason: status.Exit, Detail: "exit status 127"}},
		"killed":             {"kill -TERM $$", probe.Verdict{Status: status.Dead, Reason: status.Exit, Detail: "signal: terminated"}},
		"invalid UTF-8":      {`printf 'a\377b'`, probe.Verdict{Status: status.Healthy, Detail: "a\uFFFDb"}},
		"much output":        {"yes | head -c 10000000; exit 2", probe.Verdict{Status: status.Dead, Reason: status.Exit, Detail: "exit status 2: y"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, verdict(t, shell(test.text), patience))
		})
	}
}

func TestScriptTakesArguments(t *testing.T) {
	t.Parallel()
	v := verdict(t, probe.Script(probe.ScriptOptions{Argv: []string{"/bin/echo", "$HOME", "*"}}), patience)
	require.Equal(t, probe.Verdict{Status: status.Healthy, Detail: "$HOME *"}, v)
}

func TestScriptDoesNotStart(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"/nonexistent/check", ""} {
		p := probe.Script(probe.ScriptOptions{Argv: []string{program}})
		requireFailure(t, verdict(t, p, patience), status.Dead, status.Exit, "start the script: ")
	}
}

func TestScriptSeesNoSecrets(t *testing.T) {
	t.Setenv("PHAROS_TEST_TOKEN", "secret")
	t.Setenv("LC_TIME", "C.UTF-8")
	v := verdict(t, shell(`echo "[$PHAROS_TEST_TOKEN] $LC_TIME ${PATH:+path}"`), patience)
	require.Equal(t, "[] C.UTF-8 path", v.Detail)
}

func TestScriptTimeLimitKillsTheGroup(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	text := "echo working; sleep 1000 & echo $! >" + file + "; wait"
	v := verdict(t, shell(text), 500*time.Millisecond)
	requireFailure(t, v, status.Dead, status.Timeout, "killed: working")
	requireGone(t, file)
}

func TestScriptLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	v := verdict(t, shell("sleep 1000 >/dev/null 2>&1 & echo $! >"+file), patience)
	require.Equal(t, probe.Verdict{Status: status.Healthy}, v)
	requireGone(t, file)
}

// The script has spoken once it has ended, whoever still holds its output.
func TestScriptThatLeavesItsOutputOpen(t *testing.T) {
	t.Parallel()
	for name, child := range map[string]string{
		"in the group":     "sleep 1000",
		"out of the group": "setsid sleep 3",
		"which writes":     "setsid timeout 3 yes",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := shell("echo fine; " + child + " & sleep 0.1; exit 0")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r := p.Probe(ctx)
			require.NoError(t, r.Err)
			require.NoError(t, ctx.Err(), "there is time left")
			if name != "which writes" {
				require.Equal(t, "fine", r.Note)
			}
		})
	}
}

// What a script said counts even if its time limit passes while others hold its
// output.
func TestScriptThatHasEndedIsNotCutShort(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan probe.Result)
	go func() { done <- shell("setsid sleep 3 & echo $$ >" + file + "; exit 1").Probe(ctx) }()
	require.Eventually(t, func() bool { text, _ := os.ReadFile(file); return strings.HasSuffix(string(text), "\n") }, patience, time.Millisecond)
	requireGone(t, file)
	cancel()
	requireFailure(t, probe.Limits{}.Judge(<-done), status.Sick, status.Exit, "exit status 1")
}

func TestScriptIsCutShort(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := shell("sleep 1000").Probe(ctx)
	require.Error(t, r.Err)
	require.Less(t, r.Took, patience)
}

// requireGone waits until the process whose number the file holds has ended.
func requireGone(t *testing.T, file string) {
	t.Helper()
	pid := pidIn(t, file)
	require.Eventually(t, func() bool { return !alive(pid) }, patience, time.Millisecond)
}

func pidIn(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	return pid
}

// alive tells whether a process runs. A killed one whose parent has gone may stay
// a zombie for as long as nobody collects it.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
