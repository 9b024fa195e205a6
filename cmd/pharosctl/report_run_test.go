// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A told is a report as it reaches a server.
type told struct{ Replica, Health, Reason string }

// A taker takes reports: the first so many of them are answered by a code.
type taker struct {
	*httptest.Server
	mu    sync.Mutex
	codes []int
	told  []told
}

func newTaker(t *testing.T, codes ...int) *taker {
	t.Helper()
	s := &taker{codes: codes}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var report told
		if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, report)
		if len(s.codes) > 0 {
			w.WriteHeader(s.codes[0])
			s.codes = s.codes[1:]
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *taker) all() []told {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]told(nil), s.told...)
}

// pharosctl returns pharosctl as a process of a session of its own, so that it has no
// terminal.
func pharosctl(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pharosctl", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// onExit returns pharosctl with a script as its job.
func (s *taker) onExit(t *testing.T, script string, flags ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"report", "lan/jobs", "--replica=r", "--interval=1h", "--url=" + s.URL, "--on-exit"}, flags...)
	return pharosctl(t, append(args, "--", "sh", "-c", script)...)
}

// started starts a command, and returns once its job has printed a line. The rest can
// be read from what it returns.
func started(t *testing.T, cmd *exec.Cmd) io.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return lines
}

func TestSignalsReachTheJob(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			server := newTaker(t)
			// The shell is as patient as a job may be: it ends once it has cleaned up. Of the
			// sleep that the signal ends, too, it is not to tell.
			cmd := server.onExit(t, `exec 2>/dev/null; trap 'echo "cleaned up"; exit 7' INT TERM HUP QUIT USR1 USR2; echo ready; while :; do sleep 0.05; done`)
			rest := started(t, cmd)
			require.NoError(t, cmd.Process.Signal(s))
			text, err := io.ReadAll(rest)
			require.NoError(t, err)
			require.Equal(t, "cleaned up\n", string(text))
			require.Error(t, cmd.Wait())
			require.Equal(t, 7, cmd.ProcessState.ExitCode())
			require.Equal(t, []told{{"r", "dead", "exit status 7"}}, server.all())
		})
	}
}

// A job that ends by the signal it gets ends pharosctl with the code that a shell has.
func TestJobThatASignalEnds(t *testing.T) {
	t.Parallel()
	server := newTaker(t)
	cmd := server.onExit(t, `echo ready; exec sleep 60`)
	started(t, cmd)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	require.Equal(t, 143, cmd.ProcessState.ExitCode())
	require.Equal(t, []told{{"r", "dead", "signal: terminated"}}, server.all())
}

// What the job has started gets the signal, too. The output ends once all who hold it
// have ended.
func TestSignalsReachTheGroupOfTheJob(t *testing.T) {
	t.Parallel()
	server := newTaker(t)
	cmd := server.onExit(t, `sh -c 'echo ready; sleep 30; echo outlived'; echo after`)
	rest := started(t, cmd)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	text, err := io.ReadAll(rest)
	require.NoError(t, err)
	require.Empty(t, string(text))
	require.Error(t, cmd.Wait())
	require.Equal(t, 143, cmd.ProcessState.ExitCode())
	require.Equal(t, []told{{"r", "dead", "signal: terminated"}}, server.all())
}

// What is to be ignored, as in the background of a script, stays so.
func TestIgnoredSignalsStaySo(t *testing.T) {
	t.Parallel()
	server := newTaker(t)
	job := server.onExit(t, `echo ready; read line; kill -INT $$; kill -HUP $$; echo alive`)
	cmd := pharosctl(t)
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `trap "" INT HUP; exec "$0" "$@"`}, job.Args...)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	rest := started(t, cmd)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	_, err = io.WriteString(stdin, "go\n")
	require.NoError(t, err)
	text, err := io.ReadAll(rest)
	require.NoError(t, err)
	require.Equal(t, "alive\n", string(text))
	require.NoError(t, cmd.Wait())
	require.Equal(t, []told{{"r", "healthy", ""}}, server.all())
}

// A signal to the whole group of whoever has started pharosctl, as at a shutdown, still
// lets one report through.
func TestReportAfterASignalThatEndsTheJobToo(t *testing.T) {
	t.Parallel()
	server := newTaker(t, 503, 503)
	cmd := server.onExit(t, `echo ready; exec sleep 60`)
	started(t, cmd)
	for range 3 {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	}
	require.Error(t, cmd.Wait())
	require.Equal(t, 143, cmd.ProcessState.ExitCode())
	require.NotEmpty(t, server.all())
}

func TestReportIsTriedAgain(t *testing.T) {
	t.Parallel()
	server := newTaker(t, 503, 500, 429)
	var stderr bytes.Buffer
	cmd := server.onExit(t, "exit 5", "--sick-on=4", "--sick-on=5,6")
	cmd.Stderr = &stderr
	require.Error(t, cmd.Run())
	require.Equal(t, 5, cmd.ProcessState.ExitCode())
	require.Len(t, server.all(), 4)
	require.Equal(t, told{"r", "sick", "exit status 5"}, server.all()[3])
	require.Empty(t, stderr.String())
}

func TestReportIsRefusedForGood(t *testing.T) {
	t.Parallel()
	for _, code := range []int{302, 400, 401, 404, 412} {
		server := newTaker(t, code)
		var stderr bytes.Buffer
		cmd := server.onExit(t, "exit 0")
		cmd.Stderr = &stderr
		require.NoError(t, cmd.Run(), code)
		require.Len(t, server.all(), 1, code)
		require.Contains(t, stderr.String(), "pharosctl: how the command ended is not reported: ", code)
	}
}

// A report by itself is not tried again, unless it is asked to be.
func TestPlainReport(t *testing.T) {
	t.Parallel()
	server := newTaker(t, 503, 503)
	cmd := pharosctl(t, "report", "lan/jobs", "--status=sick", "--url="+server.URL)
	require.Error(t, cmd.Run())
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	require.NoError(t, pharosctl(t, "report", "lan/jobs", "--status=sick", "--retry-for=20s", "--url="+server.URL).Run())
	host, err := os.Hostname()
	require.NoError(t, err)
	require.Len(t, server.all(), 3)
	require.Equal(t, told{host, "sick", ""}, server.all()[2])
}

// What the job leaves running holds nothing up, and is not ended.
func TestJobThatLeavesSomethingRunning(t *testing.T) {
	t.Parallel()
	server := newTaker(t)
	var out bytes.Buffer
	cmd := server.onExit(t, `echo "last words" >&2; sleep 300 >/dev/null & echo $!; exit 1`)
	cmd.Stdout = &out
	require.Error(t, cmd.Run())
	require.Equal(t, []told{{"r", "dead", "exit status 1: last words"}}, server.all())
	left := exec.CommandContext(t.Context(), "kill", strings.TrimSpace(out.String()))
	require.NoError(t, left.Run(), "it still runs")
}

// A job that bears SIGTERM is killed, and so is what it has started, even if that alone
// is left. The output ends once all who hold it have ended.
func TestTimeoutEndsTheGroup(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes the ten seconds that a job has to end")
	}
	const child = `(trap "" TERM; sleep 60; echo outlived)`
	for name, tc := range map[string]struct{ script, reason string }{
		"all of it":  {`trap "echo no >&2" TERM; ` + child + ` & while :; do sleep 0.1; done`, "signal: killed: no"},
		"its child":  {child + ` & wait`, "signal: terminated"},
		"it is done": {`trap "exit 0" TERM; ` + child + ` & wait`, "exit status 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newTaker(t)
			var out bytes.Buffer
			cmd := server.onExit(t, tc.script, "--timeout=2s")
			cmd.Stdout = &out
			require.Error(t, cmd.Run())
			require.Equal(t, 124, cmd.ProcessState.ExitCode())
			require.Equal(t, []told{{"r", "dead", "still running after 2s, ended: " + tc.reason}}, server.all())
			require.Empty(t, out.String())
		})
	}
}

// Nobody reads what the job writes: it goes on, and its end is reported.
func TestNobodyReadsTheJob(t *testing.T) {
	t.Parallel()
	server := newTaker(t)
	cmd := server.onExit(t, `echo ready; read line; for i in 1 2 3 4 5; do echo "error $i" >&2; sleep 0.05; done; exit 3`)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	unread, stderr, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stderr = stderr
	started(t, cmd)
	require.NoError(t, stderr.Close())
	require.NoError(t, unread.Close())
	_, err = io.WriteString(stdin, "go\n")
	require.NoError(t, err)
	require.Error(t, cmd.Wait())
	require.Equal(t, 3, cmd.ProcessState.ExitCode())
	require.Equal(t, []told{{"r", "dead", "exit status 3: error 5"}}, server.all())
}

// The standard error comes through byte for byte, and while the job runs.
func TestStandardErrorIsUntouched(t *testing.T) {
	t.Parallel()
	server := newTaker(t)
	cmd := server.onExit(t, `printf 'a\r\n\000\377\033[1mb' >&2; read line; head -c 1000000 /dev/zero >&2; printf end >&2; exit 1`)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	const first = "a\r\n\x00\xff\x1b[1mb"
	early := make([]byte, len(first))
	_, err = io.ReadFull(stderr, early)
	require.NoError(t, err)
	require.Equal(t, first, string(early), "it does not wait for the end of a line")
	_, err = io.WriteString(stdin, "go\n")
	require.NoError(t, err)
	late, err := io.ReadAll(stderr)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("\x00", 1e6)+"end", string(late))
	require.Error(t, cmd.Wait())
	require.Len(t, server.all(), 1)
	require.True(t, strings.HasPrefix(server.all()[0].Reason, "exit status 1: "), server.all()[0].Reason)
}
