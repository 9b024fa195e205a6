// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/reporter"
)

// Exit codes that are not those of the job, as shells and timeout(1) have them.
const (
	exitTimeout    = 124
	exitNotStarted = 126
	exitNotFound   = 127
	exitSignal     = 128 // and the number of the signal
)

// A job is a command that is run for the sake of how it ends.
type job struct {
	argv    []string
	timeout time.Duration // 0: none
	sickOn  []int         // exit codes
}

// An ending is how a job ended.
type ending struct {
	code  int    // for whoever has started it
	words string // empty: well
}

// runJob runs the job and reports how it ended. The error is an [app.Exit] with the
// code of the job.
func (r *report) runJob(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // asked to end before it began
	}
	signals, stop := catch()
	defer stop()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it is the job that is asked to end
	defer cancel()
	end := r.job.run(ctx, signals, r.stdout, r.stderr)
	go func() { // who asks once the job has ended wants no more tries
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	said, tries := r.saying(r.job.health(end), end.words), 0
	err := r.deliver(ctx, func(ctx context.Context, c *reporter.Client) error {
		if tries++; tries == 1 {
			ctx = context.WithoutCancel(ctx) // it may be the signal that has ended the job, too
		}
		return said.send(ctx, c)
	})
	if err != nil {
		fmt.Fprintf(r.stderr, "pharosctl: how the command ended is not reported: %v\n", err) //nolint:errcheck // nowhere to report it
	}
	if end.code != 0 {
		return &app.Exit{Code: end.code}
	}
	return nil
}

// health returns what an ending means.
func (j *job) health(end ending) reporter.Health {
	switch {
	case end.code == 0:
		return reporter.Healthy
	case slices.Contains(j.sickOn, end.code):
		return reporter.Sick
	}
	return reporter.Dead
}

// catch returns the signals for the job that this process gets until stop is called.
// SIGPIPE does nothing meanwhile: it would end this process if nobody reads what the
// job writes. What whoever has started this process wants to be ignored stays so.
func catch() (signals <-chan os.Signal, stop func()) {
	caught, dropped := make(chan os.Signal, 16), make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2} {
		if !signal.Ignored(s) {
			signal.Notify(caught, s)
		}
	}
	signal.Notify(dropped, syscall.SIGPIPE)
	return caught, func() {
		signal.Stop(caught)
		signal.Stop(dropped)
	}
}

// run runs the job until it has ended.
func (j *job) run(ctx context.Context, signals <-chan os.Signal, stdout, stderr io.Writer) ending {
	pipe, errout, err := os.Pipe()
	if err != nil {
		return j.notStarted(err, stderr)
	}
	defer func() { _ = pipe.Close() }() // all that is of interest was read
	last := &lastLine{to: stderr}
	cmd := exec.CommandContext(ctx, j.argv[0], j.argv[1:]...) //nolint:gosec // running what the user says is its purpose
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, errout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !atKeyboard()}
	err = cmd.Start()
	_ = errout.Close() // the job has it
	if err != nil {
		return j.notStarted(err, stderr)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		last.drain(pipe)
	}()
	inTime, ended := follow(cmd).await(signals, j.timeout)
	_ = pipe.SetReadDeadline(time.Now()) // a pipe has deadlines
	<-drained
	switch {
	case !ended:
		return ending{exitTimeout, join(fmt.Sprintf("still running after %v, and does not end when it is killed", j.timeout), last.String())}
	case !inTime:
		return ending{exitTimeout, join(fmt.Sprintf("still running after %v, ended: %s", j.timeout, cmd.ProcessState), last.String())}
	case cmd.ProcessState.Success():
		return ending{}
	}
	return ending{codeOf(cmd.ProcessState), join(cmd.ProcessState.String(), last.String())}
}

// follow returns the process of a command that was started.
func follow(cmd *exec.Cmd) *process {
	p := &process{Process: cmd.Process, ended: make(chan struct{})}
	if cmd.SysProcAttr.Setpgid {
		p.group = cmd.Process.Pid
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // its state says it all
	}()
	return p
}

// notStarted tells why a job did not start, and makes that its end.
func (j *job) notStarted(err error, stderr io.Writer) ending {
	fmt.Fprintf(stderr, "pharosctl: run %s: %v\n", j.argv[0], err) //nolint:errcheck // nowhere to report it
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return ending{exitNotFound, err.Error()}
	}
	return ending{exitNotStarted, err.Error()}
}

// codeOf returns the exit code of a process, as shells have it.
func codeOf(state *os.ProcessState) int {
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return exitSignal + int(s.Signal())
	}
	return state.ExitCode()
}

func join(what, line string) string {
	if line == "" {
		return what
	}
	return what + ": " + line
}
