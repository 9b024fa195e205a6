// SPDX-License-Identifier: Apache-2.0

// Package selfreport reports the CPU and RAM of this process to a node in push
// mode, through the Reporter API, as an application does. Where the API is and
// which token it takes is left to the caller.
package selfreport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
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
type Reporter struct {
	o      Options
	client *http.Client
	url    string
}

// New returns a Reporter.
func New(o Options) *Reporter {
	return &Reporter{
		o:      o,
		client: &http.Client{Transport: o.Transport, Timeout: o.Interval},
		url:    o.URL + "/reporter/" + url.PathEscape(o.Replica.Service) + "/" + url.PathEscape(o.Replica.Node) + "/",
	}
}

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

// A body is what the Reporter API takes from a node in push mode.
type body struct {
	Replica  string  `json:"replica"`
	Interval float64 `json:"interval"`
	Load     load    `json:"load"`
}

type load struct {
	CPU float64 `json:"cpu"`
	RAM float64 `json:"ram"`
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
	text, err := json.Marshal(body{r.o.Replica.Replica, r.o.Interval.Seconds(), load{cpu, ram}})
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("report %s: %w", r.o.Replica, err)
	}
	req.SetBasicAuth("", string(token))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "pharos")
	res, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("report %s: %w", r.o.Replica, err)
	}
	if err := res.Body.Close(); err != nil {
		return fmt.Errorf("report %s: %w", r.o.Replica, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("report %s: status %d, want 200", r.o.Replica, res.StatusCode)
	}
	return nil
}
