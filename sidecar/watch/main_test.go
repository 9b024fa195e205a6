// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/sidecar/config"
)

// childEnv has the test binary be a process that is watched, and says what it does.
const childEnv = "PHAROS_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childEnv); what != "" {
		child(what)
		return
	}
	goleak.VerifyTestMain(m)
}

// child does what it is told until its standard input ends.
func child(what string) {
	var held []*os.File
	switch what {
	case "burn":
		go func() {
			for n := 0; ; n++ {
				_ = n
			}
		}()
	case "files":
		for range 50 {
			f, err := os.Open(os.DevNull)
			if err != nil {
				panic(err)
			}
			held = append(held, f)
		}
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "zombie": // its child ends, and it never asks
		cmd := exec.Command(os.Args[0]) //nolint:gosec // itself
		cmd.Env = append(os.Environ(), childEnv+"=end")
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		fmt.Println(cmd.Process.Pid) //nolint:forbidigo // to the test
	case "end":
		return
	}
	fmt.Println("ready") //nolint:forbidigo // to the test
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	for _, f := range held {
		f.Close()
	}
}

// A running is a child of this test.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	ended bool
}

// begin starts a child, as a program of the given name, and waits until it is ready.
func begin(t *testing.T, what, name string) *running {
	t.Helper()
	path := os.Args[0]
	if name != "" {
		path = filepath.Join(t.TempDir(), name)
		self, err := filepath.Abs(os.Args[0])
		require.NoError(t, err)
		require.NoError(t, os.Symlink(self, path))
	}
	r := &running{t: t, cmd: exec.CommandContext(t.Context(), path)}
	r.cmd.Env = append(os.Environ(), childEnv+"="+what)
	in, err := r.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := r.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, r.cmd.Start())
	r.lines = bufio.NewScanner(out)
	t.Cleanup(func() { in.Close(); r.end() })
	if what != "zombie" {
		require.Equal(t, "ready", r.line())
	}
	return r
}

func (r *running) line() string {
	r.t.Helper()
	require.True(r.t, r.lines.Scan())
	return r.lines.Text()
}

func (r *running) pid() int { return r.cmd.Process.Pid }

// end kills the child and waits for it, as a supervisor does.
func (r *running) end() {
	if !r.ended {
		r.ended = true
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	}
}

// pidFile writes a PID file.
func pidFile(t *testing.T, pid int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.pid")
	require.NoError(t, os.WriteFile(path, []byte(strconv.Itoa(pid)+"\n"), 0o600))
	return path
}

// limits reads limits as reporter.yml has them.
func limits(t *testing.T, text string) config.Limits {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reporter.yml")
	require.NoError(t, os.WriteFile(path, []byte(`
servers: [{url: "http://a", token: a}]
interval: 1s
timeout: 1s
watch: [{service: a, node: a, unit: a.service, limits: `+text+"}]\n"), 0o600))
	c, err := config.Load(path)
	require.NoError(t, err)
	return c.Watch[0].Limits
}

// on returns a watch of this machine, at a time that the test sets.
func on(t *testing.T, w config.Watch) (*process, *time.Time) {
	t.Helper()
	now := time.Now()
	h := NewHost(HostOptions{})
	t.Cleanup(h.Close)
	h.now = func() time.Time { return now }
	made, err := h.Watch(&w)
	require.NoError(t, err)
	return made.(*process), &now
}
