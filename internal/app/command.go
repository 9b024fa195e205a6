// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
)

// A Command is the command line of a program: flags and subcommands are added to
// it as to a [kingpin.Application].
type Command struct {
	*kingpin.Application
	// Misuse is the exit code for a command line that can't be understood: 2 unless
	// it is set.
	Misuse int

	stderr io.Writer
	exit   int  // what --help or --version asked for; -1: nothing
	dash   bool // there is a lone - among the arguments
}

// NewCommand returns a command line with --help and --version.
func NewCommand(name, help string, stdout, stderr io.Writer) *Command {
	c := &Command{Application: kingpin.New(name, help), Misuse: 2, stderr: stderr, exit: -1}
	c.HelpFlag.Short('h')
	c.UsageWriter(onlyOnce{c, stdout})
	c.ErrorWriter(stderr)
	c.Terminate(func(code int) { c.exit = code })
	c.Version(version.Print(name))
	return c
}

// An onlyOnce passes on what is printed until the program is to end: kingpin, which
// would have exited then, goes on and may print its help again.
type onlyOnce struct {
	c *Command
	io.Writer
}

// Write implements [io.Writer].
func (w onlyOnce) Write(p []byte) (int, error) {
	if w.c.exit >= 0 {
		return len(p), nil
	}
	return w.Writer.Write(p)
}

// LogFlags adds --log.level and --log.format. The function it returns makes the
// logger that they ask for, once the command line has been read.
func (c *Command) LogFlags() func() *slog.Logger {
	config := &promslog.Config{Writer: c.stderr}
	promslogflag.AddFlags(c.Application, config)
	return func() *slog.Logger { return promslog.New(config) }
}

// An Exit is an error that ends the program with a code of its own.
type Exit struct { //nolint:errname // it reads as app.Exit {
	Code int
	Err  error // nil: there is nothing to tell
}

// Error implements error.
func (e *Exit) Error() string {
	if e.Err == nil {
		return "exit code " + strconv.Itoa(e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *Exit) Unwrap() error { return e.Err }

// Parse reads the command line, and returns the subcommand.
func (c *Command) Parse(args []string) (subcommand string, err error) {
	c.dash = slices.Contains(args, "-")
	return c.Application.Parse(args)
}

// Run reads the command line and does the work, which is told the subcommand, if
// there are any. It returns the exit code: 0 if all went well, that of an [Exit], 1
// if the work returned any other error, c.Misuse if the command line can't be understood.
func (c *Command) Run(args []string, work func(subcommand string) error) int {
	subcommand, err := c.Parse(args)
	switch {
	case c.exit >= 0:
		return c.exit
	case err != nil:
		c.tell(c.misuse(args, err))
		return c.Misuse
	}
	err = work(subcommand)
	exit, coded := errors.AsType[*Exit](err)
	switch {
	case err == nil:
		return 0
	case coded && exit.Err == nil:
		return exit.Code
	}
	c.tell(err)
	if coded {
		return exit.Code
	}
	return 1
}

// tell prints an error after the name of the program. The lines of a list of
// errors name their files and stand as they are.
func (c *Command) tell(err error) {
	text := err.Error()
	if !strings.Contains(text, "\n") {
		text = c.Name + ": " + text
	}
	fmt.Fprintln(c.stderr, text) //nolint:errcheck // nowhere to report it
}

// File makes target the value of a flag or an argument that takes the name of a file,
// or - for standard input.
func (c *Command) File(target *string) kingpin.Value { return &fileValue{c, target} }

type fileValue struct {
	c    *Command
	name *string
}

// Set implements [kingpin.Value]. Kingpin makes an empty argument of a lone -.
func (v *fileValue) Set(text string) error {
	switch {
	case text == "" && v.c.dash:
		text = "-"
	case text == "":
		return errors.New("the name of a file is empty; - is standard input")
	}
	*v.name = text
	return nil
}

// String implements [kingpin.Value].
func (v *fileValue) String() string { return *v.name }

// URL makes target the value of a flag that takes an absolute http or https URL.
func URL(target *string) kingpin.Value { return (*urlValue)(target) }

type urlValue string

// Set implements [kingpin.Value].
func (v *urlValue) Set(text string) error {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is no URL such as https://status.example.com", text)
	}
	*v = urlValue(text)
	return nil
}

// String implements [kingpin.Value].
func (v *urlValue) String() string { return string(*v) }

// UntilSignal returns a context that is done when the process is asked to end by one
// of the signals; by SIGINT or SIGTERM if none is named. A second signal ends the
// process at once.
func UntilSignal(ctx context.Context, signals ...os.Signal) (context.Context, context.CancelFunc) {
	if len(signals) == 0 {
		signals = []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	context.AfterFunc(ctx, stop) // gives the signals their default effect back
	return ctx, stop
}

// Hangups are the SIGHUPs that a program gets.
type Hangups chan os.Signal

// CatchHangups keeps SIGHUP from ending the process. One that comes before
// [Hangups.Reload] runs is not lost.
func CatchHangups() Hangups {
	h := make(Hangups, 1)
	signal.Notify(h, syscall.SIGHUP)
	return h
}

// Reload returns a Component that calls reload at each SIGHUP and logs what came
// of it.
func (h Hangups) Reload(reload func() error, log *slog.Logger) Component {
	return Func(func(ctx context.Context) error {
		defer signal.Stop(h)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-h:
				_ = reloadAndLog(reload, log)
			}
		}
	})
}

func reloadAndLog(reload func() error, log *slog.Logger) error {
	err := reload()
	if err != nil {
		log.Error("Configuration not reloaded; the old one goes on", "err", err)
		return err
	}
	log.Info("Configuration reloaded")
	return nil
}
