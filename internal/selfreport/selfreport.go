// SPDX-License-Identifier: Apache-2.0

// Package selfreport reports the CPU and RAM of this process to a node in push
// mode, through the Reporter API, as an application does. Where the API is and
// which token it takes is left to the caller.
package selfreport

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/reporter"
)

// Options are the settings of a [Reporter]. All are required.
type Options struct {
	URL       string            // of the server, without /reporter
	Transport http.RoundTripper // how to reach it
	Replica   status.ID         // as what to report
	Interval  time.Duration     // between two reports
	// Token returns the token for the reports; false if the node takes none now,
	// so that nothing is sent.
	Token  func() (configfile.Secret, bool)
	Logger *slog.Logger
}

// A Reporter is a component that reports until it is stopped.
type Reporter struct{ o Options }

// New returns a Reporter.
func New(o Options) *Reporter { return &Reporter{o} }

// Run reports at once and then every interval. A report that fails is logged
// when it is the first to fail, and tried again at the next interval.
func (r *Reporter) Run(ctx context.Context) error {
	meter, err := newMeter(time.Now())
	if err != nil {
		r.o.Logger.Warn("This process can't report about itself", "err", err)
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(r.o.Interval)
	defer tick.Stop()
	failing := false
	for {
		err := r.report(ctx, meter)
		if err != nil && !failing && ctx.Err() == nil {
			r.o.Logger.Warn("Report about this process not accepted", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (r *Reporter) report(ctx context.Context, m *meter) error {
	token, wanted := r.o.Token()
	if !wanted {
		return nil
	}
	cpu, ram, err := m.read(time.Now())
	if err != nil {
		return err
	}
	c := reporter.Client{
		Endpoint: reporter.Endpoint{URL: r.o.URL, Token: string(token)}, Transport: r.o.Transport, UserAgent: "pharos", Timeout: r.o.Interval,
	}
	id := r.o.Replica
	err = c.Report(ctx, reporter.Report{
		Service: id.Service, Node: id.Node, Replica: id.Replica, Interval: r.o.Interval, Load: &reporter.Load{CPU: cpu, RAM: ram},
	})
	if err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	return nil
}
