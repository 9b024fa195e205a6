// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/reporter"
)

const reportHelp = `Report how something is, from a shell script or cron.

The node is in mode local, and gets a status; or in mode push, and gets a load, with
a status besides if you like. Unless the next report comes within --interval (and
the node's dead_after), the replica is dead.

  pharosctl report lan/disk --status=sick --reason="97 % full" \
    --token-file=reporter.token
  pharosctl report web/worker --cpu=0.3 --ram=0.8
  pharosctl report lan/disk --replica=old-host --flush

With --on-exit it runs a job, and reports how that ended: 0 is healthy, the codes of
--sick-on are sick, all else is dead, with the last line of the job's standard error
as the reason. --interval says how long it may be until the end of the next run.

  pharosctl report jobs/backup --interval=25h \
    --on-exit -- /usr/local/bin/backup --all
  pharosctl report jobs/sync --interval=2h --timeout=1h --sick-on=23,24 \
    --on-exit -- rsync -a /srv/ mirror:/srv/

The job has the standard input and output. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1
and SIGUSR2 are passed on to its process group: to the job and what it has started.
What outlives the job is left running, as shells and timeout(1) leave it; after
--timeout it is killed, too. In the foreground of a terminal the job has no group of
its own, and gets signals alone.

The exit code is that of the job, 128 and the number of a signal that ended it, 127 if
there is no such command, 126 if it can't be started, and 124 after --timeout. A report
that can't be sent is tried again for --retry-for, and then told on standard error; it
changes no code.

It is a dead man's switch: a job that is not started any more, or whose pharosctl is
killed by SIGKILL or goes down with its machine, reports nothing, and is dead once
--interval is over.`

// Defaults of reports.
const (
	plainInterval = time.Minute
	jobRetryFor   = 2 * time.Minute
)

// A report is what is said of a replica by one call.
type report struct {
	*reportTarget
	stdout, stderr io.Writer

	node                status.NodeID
	replica             string
	interval            time.Duration
	status, reason      string
	cpu, ram            float64
	withCPU, withRAM    bool
	flush               bool
	onExit              bool
	job                 job
	retryFor            time.Duration
	intervalIs, retryIs bool // given
}

// reportCommand adds the subcommand report.
func reportCommand(cli *app.Command, stdout, stderr io.Writer) actions {
	cmd := cli.Command("report", reportHelp)
	r := &report{reportTarget: reporterFlags(cmd), stdout: stdout, stderr: stderr}
	cmd.Arg("service/node", "Ids of the node that is reported to, as in exporter.yml.").Required().SetValue((*nodeValue)(&r.node))
	cmd.Arg("command", "The job for --on-exit, after --.").StringsVar(&r.job.argv)
	cmd.Flag("replica", "What of the node is reported. Default: the name of this host.").PlaceHolder("NAME").StringVar(&r.replica)
	cmd.Flag("interval", "How long until the next report, at the most; at least 1s. Default: 1m; with --on-exit there is none.").PlaceHolder("DURATION").IsSetByUser(&r.intervalIs).DurationVar(&r.interval)
	oneOf(cmd, "status", "How it is: healthy, sick, dead or unknown.", &r.status,
		string(reporter.Healthy), string(reporter.Sick), string(reporter.Dead), string(reporter.Unknown)).PlaceHolder("STATUS")
	cmd.Flag("reason", "Why, in a line of at most 200 bytes; the public never sees it.").PlaceHolder("TEXT").StringVar(&r.reason)
	cmd.Flag("cpu", "Load of the CPUs, as a ratio from 0.").PlaceHolder("RATIO").IsSetByUser(&r.withCPU).Float64Var(&r.cpu)
	cmd.Flag("ram", "Load of the memory, as a ratio from 0.").PlaceHolder("RATIO").IsSetByUser(&r.withRAM).Float64Var(&r.ram)
	cmd.Flag("flush", "Drop the replica instead: it is no longer there.").BoolVar(&r.flush)
	cmd.Flag("on-exit", "Run a command, and report how it ended.").BoolVar(&r.onExit)
	cmd.Flag("sick-on", "Exit codes that are sick, such as 1,2. With --on-exit.").PlaceHolder("CODES").SetValue((*codesValue)(&r.job.sickOn))
	cmd.Flag("timeout", "How long the command may run before its process group is ended: by SIGTERM, and what is left of it 10 s later by SIGKILL. With --on-exit.").PlaceHolder("DURATION").DurationVar(&r.job.timeout)
	cmd.Flag("retry-for", "How long to try again if nobody answers. Default: 2m with --on-exit, else 0s.").PlaceHolder("DURATION").IsSetByUser(&r.retryIs).DurationVar(&r.retryFor)
	cmd.Validate(func(*kingpin.CmdClause) error { return r.check() })
	return actions{cmd.FullCommand(): r.run}
}

// check completes what the command line says, and refuses what makes no sense.
func (r *report) check() error {
	if !r.intervalIs {
		r.interval = plainInterval
	}
	if !r.retryIs && r.onExit {
		r.retryFor = jobRetryFor
	}
	switch {
	case r.interval < time.Second:
		return fmt.Errorf("--interval is %v, want at least 1s", r.interval)
	case r.onExit:
		return r.checkJob()
	}
	return r.checkPlain()
}

func (r *report) checkPlain() error {
	switch {
	case len(r.job.argv) > 0:
		return fmt.Errorf("%q is too much; to run a command and report how it ended, add --on-exit", r.job.argv[0])
	case r.job.timeout != 0 || len(r.job.sickOn) > 0:
		return errors.New("--timeout and --sick-on are for --on-exit")
	case r.flush && (r.says() || r.intervalIs):
		return errors.New("--flush says nothing of the replica; leave the rest out")
	case r.withCPU != r.withRAM:
		return errors.New("a load has both --cpu and --ram")
	case !r.flush && r.status == "" && !r.withCPU:
		return errors.New("say how it is by --status, or by --cpu and --ram")
	}
	return nil
}

func (r *report) checkJob() error {
	switch {
	case len(r.job.argv) == 0:
		return errors.New("name the command after --, as in --on-exit -- backup --all")
	case r.says() || r.flush:
		return errors.New("--on-exit finds out by itself how it is; leave --status, --reason, --cpu, --ram and --flush out")
	case !r.intervalIs:
		return errors.New("--on-exit needs --interval: how long it may be until the end of the next run; of a daily job, --interval=25h")
	case r.job.timeout < 0:
		return fmt.Errorf("--timeout is %v, want more than 0s", r.job.timeout)
	}
	return nil
}

// says tells whether anything is said of how the replica is.
func (r *report) says() bool {
	return r.status != "" || r.reason != "" || r.withCPU || r.withRAM
}

func (r *report) run(ctx context.Context) error {
	if r.replica == "" {
		name, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("find the name of this host: %w; give one by --replica", err)
		}
		r.replica = name
	}
	switch {
	case r.onExit:
		return r.runJob(ctx)
	case r.flush:
		return r.deliver(ctx, func(ctx context.Context, c *reporter.Client) error {
			return c.Flush(ctx, r.node.Service, r.node.Node, r.replica)
		})
	}
	said := r.saying(reporter.Health(r.status), r.reason)
	if r.withCPU {
		said.Load = &reporter.Load{CPU: r.cpu, RAM: r.ram}
	}
	return r.deliver(ctx, said.send)
}

// A saying is a report to be sent.
type saying struct{ reporter.Report }

func (s saying) send(ctx context.Context, c *reporter.Client) error { return c.Report(ctx, s.Report) }

func (r *report) saying(health reporter.Health, reason string) saying {
	return saying{reporter.Report{
		Service: r.node.Service, Node: r.node.Node, Replica: r.replica, Interval: r.interval, Health: health, Reason: reason,
	}}
}

// A nodeValue is the value of an argument SERVICE/NODE.
type nodeValue status.NodeID

// Set implements [kingpin.Value].
func (v *nodeValue) Set(text string) error {
	service, node, _ := strings.Cut(text, "/")
	if service == "" || node == "" || strings.Contains(node, "/") {
		return fmt.Errorf("%q is no node; name it by the ids of its service and itself, as in web/api", text)
	}
	v.Service, v.Node = service, node
	return nil
}

// String implements [kingpin.Value].
func (v *nodeValue) String() string { return v.Service + "/" + v.Node }
