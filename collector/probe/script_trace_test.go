// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// runScript runs a text by the shell with some of the options.
func runScript(t *testing.T, o probe.ScriptOptions, text string) probe.Result {
	t.Helper()
	o.Shell = text
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return probe.Script(o).Probe(ctx)
}

// events returns the log of a probe, a line each, without the times.
func events(r probe.Result) []string {
	var lines []string
	for _, e := range r.Events {
		lines = append(lines, e.What+": "+e.Detail)
	}
	return lines
}

func TestScriptTrace(t *testing.T) {
	t.Parallel()
	r := runScript(t, probe.ScriptOptions{}, `
		echo 'a warning' >&2
		echo 'WEB OK | time=20ms'
		echo 'pharos: step=login seconds=0.5'
		echo 'pharos: step=login'
		echo 'details | size=2KB junk'
		echo 'pharos: step=pay seconds=1' >&2`)
	require.NoError(t, r.Err)
	require.Equal(t, "WEB OK", r.Note)
	require.Equal(t, []probe.Perfdatum{{"time", "seconds", 0.02}, {"size", "bytes", 2048}}, r.Perfdata)
	require.Equal(t, []probe.Step{{"login", 500 * time.Millisecond}, {"pay", time.Second}}, r.Steps)
	log := events(r)
	require.Contains(t, log[0], "script started: process ")
	require.Equal(t, []string{
		"script ended: exit status 0",
		"standard output: WEB OK | time=20ms",
		"standard output: pharos: step=login seconds=0.5",
		"standard output: pharos: step=login",
		"standard output: details | size=2KB junk",
		"standard error: a warning",
		"standard error: pharos: step=pay seconds=1",
		"step left out: the step has no time of 0 seconds or more, such as seconds=1.25:  step=login",
		"performance data left out: junk",
	}, log[1:])
}

func TestScriptPerfdataOfAFailure(t *testing.T) {
	t.Parallel()
	r := runScript(t, probe.ScriptOptions{}, "echo 'LOAD CRITICAL|load1=9'; exit 2")
	requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Exit, "exit status 2: LOAD CRITICAL")
	require.Equal(t, []probe.Perfdatum{{"load1", "", 9}}, r.Perfdata)
}

func TestScriptOutputIsBounded(t *testing.T) {
	t.Parallel()
	r := runScript(t, probe.ScriptOptions{}, "echo 'OK|a=1'; echo 'pharos: step=early seconds=1'; "+
		"yes 'a line of words' | head -c 1000000; echo 'pharos: step=late seconds=1'")
	require.NoError(t, r.Err)
	require.Equal(t, "OK", r.Note)
	require.Len(t, r.Steps, 1, "what is beyond the bound is not read")
	require.Len(t, r.Perfdata, 1)
	require.Less(t, len(r.Events), 20)
}

func TestScriptFigureThatIsCutIsNotRead(t *testing.T) {
	t.Parallel()
	r := runScript(t, probe.ScriptOptions{}, "printf 'OK|a=1'; yes 1 | head -c 200000 | tr -d '\\n'")
	require.NoError(t, r.Err)
	require.Equal(t, "OK", r.Note)
	require.Empty(t, r.Perfdata)
}

func TestScriptBinaryOutput(t *testing.T) {
	t.Parallel()
	r := runScript(t, probe.ScriptOptions{}, "head -c 3000000 /dev/urandom; exit 1")
	v := probe.Limits{}.Judge(r)
	require.Equal(t, status.Sick, v.Status)
	requireClean(t, v.Detail, status.MaxIDLength+len("exit status 1: "))
	for _, e := range r.Events {
		requireClean(t, e.Detail, status.MaxIDLength)
	}
}

func TestScriptExitCodeThree(t *testing.T) {
	t.Parallel()
	tests := map[status.Status]probe.Verdict{
		status.Unknown: {Status: status.Unknown, Reason: status.Exit, Detail: "exit status 3: hm"},
		status.Healthy: {Status: status.Healthy, Detail: "hm"},
		status.Sick:    {Status: status.Sick, Reason: status.Exit, Detail: "exit status 3: hm"},
		status.Dead:    {Status: status.Dead, Reason: status.Exit, Detail: "exit status 3: hm"},
	}
	for meaning, want := range tests {
		t.Run(meaning.String(), func(t *testing.T) {
			t.Parallel()
			r := runScript(t, probe.ScriptOptions{NagiosUnknown: meaning}, "echo hm; exit 3")
			require.Equal(t, want, probe.Limits{}.Judge(r))
		})
	}
}

func TestScriptEnvironment(t *testing.T) {
	t.Setenv("PHAROS_TEST_TOKEN", "secret")
	t.Setenv("PHAROS_TEST_SITE", "north")
	r := runScript(t, probe.ScriptOptions{Environment: []string{"PHAROS_TEST_SITE", "PHAROS_TEST_NONE"}},
		`echo "[$PHAROS_TEST_TOKEN] $PHAROS_TEST_SITE ${PHAROS_TEST_NONE-unset} ${PATH:+path}"`)
	require.Equal(t, "[] north unset path", r.Note)
}

func TestScriptSlowStep(t *testing.T) {
	t.Parallel()
	const text = "echo fine; echo 'pharos: step=login seconds=0.5'; echo 'pharos: step=pay seconds=2.5'; exit "
	slow := probe.Verdict{Status: status.Sick, Reason: status.Slow, Detail: "step pay took 2.5s, sick after 2s"}
	tests := map[string]struct {
		limits map[string]time.Duration
		exit   string
		want   probe.Verdict
	}{
		"no limits":       {nil, "0", probe.Verdict{Status: status.Healthy, Detail: "fine"}},
		"slow":            {map[string]time.Duration{"login": time.Second, "pay": 2 * time.Second}, "0", slow},
		"just in time":    {map[string]time.Duration{"pay": 2500 * time.Millisecond}, "0", probe.Verdict{Status: status.Healthy, Detail: "fine"}},
		"without a limit": {map[string]time.Duration{"pay": 0}, "0", probe.Verdict{Status: status.Healthy, Detail: "fine"}},
		"another step":    {map[string]time.Duration{"logout": time.Second}, "0", probe.Verdict{Status: status.Healthy, Detail: "fine"}},
		"dead all the same": {map[string]time.Duration{"pay": time.Second}, "2", probe.Verdict{
			Status: status.Dead, Reason: status.Exit, Detail: "exit status 2: fine",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runScript(t, probe.ScriptOptions{Steps: test.limits}, text+test.exit)
			require.Equal(t, test.want, probe.Limits{}.Judge(r))
			require.Len(t, r.Steps, 2)
		})
	}
}

// The steps that were done tell where a script hung; figures that may be half
// printed are no use.
func TestScriptKilledKeepsItsSteps(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r := shell("echo 'SHOP|a=1'; echo 'pharos: step=login seconds=0.5'; printf 'pharos: step=pay seconds=1'; sleep 1000").Probe(ctx)
	requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Timeout, "killed: SHOP")
	require.Equal(t, []probe.Step{{"login", 500 * time.Millisecond}}, r.Steps)
	require.Empty(t, r.Perfdata)
}

// A script that goes on forking is killed with all that it has brought forth.
func TestScriptThatForksAndNeverEnds(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r := shell("trap '' TERM INT HUP; while :; do sleep 1000 & [ -s " + file + " ] || echo $! >" + file + "; yes >/dev/null & sleep 0.05; done").Probe(ctx)
	requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Timeout, "killed")
	require.Less(t, r.Took, patience)
	requireGone(t, file)
}

// Who leaves the group and holds the output is found.
func TestScriptWhoseChildrenLeaveTheGroup(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"ends": "exit 1", "is killed": "sleep 1000"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			r := shell("setsid sh -c 'echo $$ >" + file + "; sleep 1000; true' & while ! [ -s " + file + " ]; do sleep 0.01; done; " + end).Probe(ctx)
			require.Less(t, time.Since(start), patience)
			require.Error(t, r.Err)
			requireGone(t, file)
			require.Contains(t, strings.Join(events(r), "\n"), "leftover killed: ")
		})
	}
}

// What has left the group and the output is a service that the script has started:
// it stays.
func TestScriptThatStartsAService(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	r := runScript(t, probe.ScriptOptions{}, "setsid sh -c 'echo $$ >"+file+"; exec sleep 2' >/dev/null 2>&1 & while ! [ -s "+file+" ]; do sleep 0.01; done")
	require.NoError(t, r.Err)
	require.True(t, alive(pidIn(t, file)))
}

// A process that bears being killed holds up neither this probe nor the machine:
// there is never a second one.
func TestScriptThatCannotBeKilled(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server")
	release := func() { require.NoError(t, os.WriteFile(server, nil, 0o600)) }
	t.Cleanup(release)
	p := shell("echo mount; exec >/dev/null 2>&1; for i in $(seq 600); do [ -e " + server + " ] && exit 0; sleep 0.02; done")
	probe.Unkillable(p)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	r := p.Probe(ctx)
	require.Less(t, time.Since(start), patience)
	requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Timeout, "does not end when it is killed: mount")

	r = p.Probe(t.Context())
	requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Timeout, "an earlier run was killed and has not ended yet")
	require.Empty(t, r.Events, "nothing was started")

	release()
	require.Eventually(t, func() bool { return p.Probe(t.Context()).Err == nil }, patience, 10*time.Millisecond)
}

// Many scripts at a time that leave something behind don't hit one another.
func TestScriptsSideBySide(t *testing.T) {
	t.Parallel()
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 5 {
				r := runScript(t, probe.ScriptOptions{}, "setsid sleep 1000 & echo fine")
				require.NoError(t, r.Err)
				require.Equal(t, "fine", r.Note)
			}
		})
	}
}

func BenchmarkScript(b *testing.B) {
	if _, err := os.Stat("/bin/true"); err != nil {
		b.Skip(err)
	}
	p := probe.Script(probe.ScriptOptions{Argv: []string{"/bin/true"}})
	b.ReportAllocs()
	for b.Loop() {
		if r := p.Probe(b.Context()); r.Err != nil {
			b.Fatal(r.Err)
		}
	}
}
