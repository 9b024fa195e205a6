// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	maxOutput  = 4 << 10                // bytes of a script's output that are kept
	outputWait = 100 * time.Millisecond // for what is still in the pipe when the script has ended
)

// Exit codes of a script; what is not among them is dead.
const (
	exitHealthy = 0
	exitSick    = 1
	exitUnknown = 3 // as monitoring plugins have it
)

// ScriptOptions say what a script runs and how its answer is taken.
type ScriptOptions struct {
	Argv  []string // a program and its arguments, run as they are
	Shell string   // a text for /bin/sh, run if Argv is empty

	// NagiosUnknown is what exit code 3 means, which is UNKNOWN for a monitoring
	// plugin. The zero value is Unknown, too.
	NagiosUnknown status.Status

	// Environment holds the names of variables that the script sees besides
	// those that concern the machine alone.
	Environment []string

	// Steps says for steps of a round trip how long they may take; the script is
	// sick if one of them takes longer.
	Steps map[string]time.Duration
}

type script struct {
	ScriptOptions
	argv []string
}

// Script returns a Prober that runs a program or a text for the shell. Exit code
// 0 is healthy, 1 sick, 3 unknown, and any other dead, as is a program that does
// not start or that is still running when ctx is done. It is unknown, too, if the
// machine has no room for another process. The first line of the output
// (of both streams) goes with the result.
//
// The program has a process group of its own. The whole group is killed when ctx
// is done, and what is left of it when the program has ended. Of the environment
// it sees what concerns the machine, and nothing that could be a secret.
func Script(o ScriptOptions) Prober {
	s := &script{o, o.Argv}
	if len(s.argv) == 0 {
		s.argv = []string{"/bin/sh", "-c", o.Shell}
	}
	return s
}

// Probe implements [Prober].
func (s *script) Probe(ctx context.Context) Result {
	var out output
	cmd := s.command(ctx)
	start := time.Now()
	took, err := run(cmd, &out)
	r := Result{At: start, Took: took}
	switch exited := cmd.ProcessState != nil && cmd.ProcessState.Exited(); {
	case ctx.Err() != nil && !exited:
		r.Err = Failf(status.Timeout, "still running after %v, killed%s", r.Took.Round(time.Millisecond), out.after(": "))
	case cmd.ProcessState == nil && exhausted(err):
		r.Err = &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter start the script: %w", err)}
	case cmd.ProcessState == nil:
		r.Err = Failf(status.Exit, "start the script: %w", err)
	default:
		r.Note = out.line()
		r.Err = judgeExit(cmd.ProcessState, &out)
	}
	return r
}

func (s *script) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...) //nolint:gosec // running what the configuration says is its purpose
	cmd.Env = environment(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	return cmd
}

// run runs cmd until the program itself has ended, however long what it leaves
// behind holds its output, and returns how long that took. What is left is killed.
func run(cmd *exec.Cmd, out *output) (took time.Duration, err error) {
	start := time.Now()
	reader, writer, err := os.Pipe()
	if err != nil {
		return time.Since(start), err
	}
	defer reader.Close()                    //nolint:errcheck // only read
	cmd.Stdout, cmd.Stderr = writer, writer // the same pipe, so that the order is kept
	err = cmd.Start()
	_ = writer.Close() // the program has its own
	if err != nil {
		return time.Since(start), err
	}
	var copying sync.WaitGroup
	copying.Go(func() { _, _ = io.Copy(out, reader) }) // the end of it, or of the patience below
	err = cmd.Wait()
	took = time.Since(start)
	_ = killGroup(cmd.Process.Pid) // fails if nothing is left, as it should be
	// A grandchild that left the group may hold the pipe for ever.
	_ = reader.SetReadDeadline(time.Now().Add(outputWait))
	copying.Wait()
	return took, err
}

func killGroup(pid int) error {
	err := syscall.Kill(-pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

func judgeExit(state *os.ProcessState, out *output) error {
	code := state.ExitCode()
	if code == -1 {
		return Failf(status.Exit, "%v%s", state, out.after(": "))
	}
	failure := func(s status.Status) error {
		return &Failure{s, status.Exit, errors.New(state.String() + out.after(": "))}
	}
	switch code {
	case exitHealthy:
		return nil
	case exitSick:
		return failure(status.Sick)
	case exitUnknown:
		return failure(status.Unknown)
	}
	return failure(status.Dead)
}

// environment returns those variables of all that a script may see.
func environment(all []string) []string {
	kept := []string{}
	for _, v := range all {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR":
			kept = append(kept, v)
		default:
			if strings.HasPrefix(name, "LC_") {
				kept = append(kept, v)
			}
		}
	}
	return kept
}

// output keeps the beginning of what is written to it, and takes the rest so
// that the writer is not held up.
type output struct{ kept []byte }

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-len(o.kept))
	o.kept = append(o.kept, p[:room]...)
	return len(p), nil
}

// line returns the first line that is not empty, shortened to what a label or a
// table cell bears.
func (o *output) line() string {
	for line := range strings.Lines(string(o.kept)) {
		if line = strings.TrimSpace(strings.ToValidUTF8(line, "\uFFFD")); line != "" {
			return status.Shorten(line)
		}
	}
	return ""
}

// after returns the line after the separator, or nothing if there is none.
func (o *output) after(separator string) string {
	if line := o.line(); line != "" {
		return separator + line
	}
	return ""
}
