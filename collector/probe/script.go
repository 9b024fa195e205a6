// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

const (
	outputWait = 100 * time.Millisecond // for what is still in the pipe when the script has ended
	killWait   = time.Second            // for a killed script to end
)

// Exit codes of a script; what is not among them is dead.
const (
	exitHealthy = 0
	exitSick    = 1
	exitUnknown = 3 // as monitoring plugins have it
)

// What happens to a script, in the log of a probe.
const (
	eventStarted     = "script started"
	eventEnded       = "script ended"
	eventStdout      = "standard output"
	eventStderr      = "standard error"
	eventLeftover    = "leftover killed"
	eventStepOut     = "step left out"
	eventPerfdataOut = "performance data left out"
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
	// sick if one of them takes longer. 0: as long as it likes.
	Steps map[string]time.Duration
}

type script struct {
	ScriptOptions
	argv []string
	kill func(pid int) error // ends a process group

	// stuck counts processes that did not end when they were killed: they wait
	// in the kernel, mostly for a file system whose server is away.
	stuck atomic.Int32
}

// Script returns a Prober that runs a program or a text for the shell. Exit code
// 0 is healthy, 1 sick, 3 what the options say, and any other dead, as is a program
// that does not start or that is still running when ctx is done. It is unknown if
// the machine has no room for another process. A script that has ended well is
// sick if one of its steps was slow.
//
// The output is read as that of a monitoring plugin: its first line goes with the
// result, performance data and lines about steps go to the trace.
//
// The program has a process group of its own. The whole group is killed when ctx
// is done, and what is left of it when the program has ended. So is what has left
// the group and still holds the output open. As long as a killed program does not
// end, no other is started. Of the environment it sees what concerns the machine
// and what the options name, and nothing else that could be a secret.
func Script(o ScriptOptions) Prober {
	s := &script{ScriptOptions: o, argv: o.Argv, kill: killGroup}
	if len(s.argv) == 0 {
		s.argv = []string{"/bin/sh", "-c", o.Shell}
	}
	return s
}

// Probe implements [Prober].
func (s *script) Probe(ctx context.Context) Result {
	r := begin()
	if s.stuck.Load() > 0 {
		r.Err = Failf(status.Timeout, "an earlier run was killed and has not ended yet: something it needs, such as a network file system, does not answer")
		return r
	}
	out, err := s.run(ctx, &r)
	words := out.report(&r.Trace)
	switch {
	case errors.Is(err, errStuck):
		r.Err = Failf(status.Timeout, "still running after %v, %w%s", r.Took.Round(time.Millisecond), err, after(words))
	case out.killed:
		r.Err = Failf(status.Timeout, "still running after %v, killed%s", r.Took.Round(time.Millisecond), after(words))
	case out.state == nil && exhausted(err):
		r.Err = &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter start the script: %w", err)}
	case out.state == nil:
		r.Err = Failf(status.Exit, "start the script: %w", err)
	default:
		r.Note = words
		r.Err = s.judge(out.state, words, r.Steps)
	}
	return r
}

// errStuck says that a process has not ended though it was killed.
var errStuck = errors.New("does not end when it is killed")

// run runs the script until the program itself has ended, however long what it
// leaves behind holds its output, and sets how long that took.
func (s *script) run(ctx context.Context, r *Result) (*output, error) {
	out := &output{}
	defer out.close()
	if err := out.open(); err != nil {
		return out, err
	}
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...) //nolint:gosec // running what the configuration says is its purpose
	cmd.Env = environment(os.Environ(), s.Environment)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return s.kill(cmd.Process.Pid) }
	cmd.Stdout, cmd.Stderr = out.stdout.writer, out.stderr.writer
	err := cmd.Start()
	if err != nil {
		out.killed = ctx.Err() != nil // it had no time to start
		return out, err
	}
	r.Event(eventStarted, "process "+strconv.Itoa(cmd.Process.Pid))
	out.start()
	err = s.wait(ctx, cmd)
	r.Took = time.Since(r.At)
	if !errors.Is(err, errStuck) && cmd.ProcessState != nil {
		out.state = cmd.ProcessState
		out.killed = ctx.Err() != nil && !out.state.Exited()
		r.Event(eventEnded, out.state.String())
	}
	_ = s.kill(cmd.Process.Pid) // fails if nothing is left, as it should be
	out.finish(&r.Trace)
	return out, err
}

// wait waits until the program has ended, which is soon after ctx is done. One
// that bears even being killed is left to a goroutine, so that it holds up no
// other script.
func (s *script) wait(ctx context.Context, cmd *exec.Cmd) error {
	var err error
	ended := make(chan struct{})
	go func() {
		err = cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
	}
	patience := time.NewTimer(killWait)
	defer patience.Stop()
	select {
	case <-ended:
		return err
	case <-patience.C:
	}
	s.stuck.Add(1)
	go func() {
		<-ended
		s.stuck.Add(-1)
	}()
	return errStuck
}

func killGroup(pid int) error {
	err := syscall.Kill(-pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// judge turns the end of a program into an error, or nil if all is well.
func (s *script) judge(state *os.ProcessState, words string, steps []Step) error {
	verdict := status.Dead
	switch state.ExitCode() {
	case exitHealthy:
		verdict = status.Healthy
	case exitSick:
		verdict = status.Sick
	case exitUnknown:
		verdict = s.NagiosUnknown
	}
	if verdict == status.Healthy {
		return slowStep(steps, s.Steps)
	}
	return &Failure{verdict, status.Exit, errors.New(state.String() + after(words))}
}

// after returns the words as the end of a sentence, or nothing if there are none.
func after(words string) string {
	if words == "" {
		return ""
	}
	return ": " + words
}
