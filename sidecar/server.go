// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/reporter"
	"github.com/pharos-status/pharos/sidecar/config"
)

// sendTimeout bounds one report.
const sendTimeout = 10 * time.Second

// askEvery is how often a server that takes no unknown is asked whether it does by now:
// another one may have taken its place.
const askEvery = 5 * time.Minute

// A server is one that is told. It is safe for concurrent use.
type server struct {
	name   string
	client reporter.Client

	mu          sync.Mutex
	down        bool      // the last report did not get there
	onlyHealths bool      // it does not take unknown, as a Vigil
	askAt       time.Time // when it is asked again
}

func newServer(c *config.Server, o *Options) (*server, error) {
	transport := o.Transport
	if transport == nil {
		made, err := promconfig.NewRoundTripperFromConfig(c.HTTP, "pharos_reporter", promconfig.WithUserAgent(o.UserAgent))
		if err != nil {
			return nil, fmt.Errorf("server %s: %w", c.Name(), err)
		}
		transport = made
	}
	return &server{name: c.Name(), client: reporter.Client{
		Endpoint:  reporter.Endpoint{URL: c.URL, Token: string(c.Token)},
		Transport: transport, UserAgent: o.UserAgent, Timeout: sendTimeout,
	}}, nil
}

// close ends the connections that wait for another report.
func (s *server) close() { (&http.Client{Transport: s.client.Transport}).CloseIdleConnections() }

// errNotTaken is for a server that does not take what can't be known.
var errNotTaken = errors.New("the server takes no replica whose status is unknown")

// send sends a report, and lets it come to its end if ctx is done in the meantime. It
// tells the log when the server goes away and comes back, once for all watches.
func (s *server) send(ctx context.Context, r *runner, report reporter.Report) error {
	unknown := report.Health == reporter.Unknown
	if unknown && s.silent() {
		return errNotTaken
	}
	longer, cancel := outlast(ctx, flushPatience)
	defer cancel()
	err := s.client.Report(longer, report)
	if longer.Err() != nil {
		return longer.Err()
	}
	refused, answered := errors.AsType[*reporter.StatusError](err)
	switch {
	case err == nil:
		r.metrics.count(s.name, schema.ReportAccepted)
		s.reached(r)
		if unknown {
			s.speakAgain(r)
		}
		return nil
	case !answered || passes(refused):
		r.metrics.count(s.name, schema.ReportFailed)
		s.missed(r, err)
		return err
	}
	r.metrics.count(s.name, schema.ReportRefused)
	s.reached(r)
	if unknown && refused.Code == http.StatusBadRequest {
		s.fallSilent(r)
		return errNotTaken
	}
	return err
}

// silent tells whether the server is not to be told of an unknown. Once in a while it is,
// by one watch.
func (s *server) silent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if !s.onlyHealths || now.Before(s.askAt) {
		return s.onlyHealths
	}
	s.askAt = now.Add(askEvery)
	return false
}

func (s *server) fallSilent(r *runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.askAt = time.Now().Add(askEvery)
	if !s.onlyHealths {
		s.onlyHealths = true
		r.log.Warn("The server does not take the status unknown, as a Vigil; it is not told of what can't be known, and takes that for dead", "server", s.name)
	}
}

func (s *server) speakAgain(r *runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onlyHealths {
		s.onlyHealths = false
		r.log.Info("The server takes the status unknown by now, and is told of what can't be known", "server", s.name)
	}
}

func (s *server) reached(r *runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		s.down = false
		r.log.Info("The server is reached again", "server", s.name)
	}
}

func (s *server) missed(r *runner, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.down = true
		r.log.Warn("The server is not reached; reports are tried again", "server", s.name, "err", err)
	}
}

// flush has the server forget a replica. One that it does not know is as good.
func (s *server) flush(ctx context.Context, id status.ID) error {
	err := s.client.Flush(ctx, id.Service, id.Node, id.Replica)
	if refused, ok := errors.AsType[*reporter.StatusError](err); ok && refused.Code == http.StatusNotFound {
		return nil
	}
	return err
}

// A route leads to the servers of which one has to take each report: the first that
// does. It belongs to one runner.
type route struct {
	servers []*server
	refused map[*server]int // by which status the server refused the last report
}

// routes returns those of a policy.
func routes(servers []*server, send string) []*route {
	if send == config.SendFirst {
		return []*route{{servers: servers, refused: map[*server]int{}}}
	}
	all := make([]*route, len(servers))
	for i := range servers {
		all[i] = &route{servers: servers[i : i+1], refused: map[*server]int{}}
	}
	return all
}

// send tells the servers until one of them has taken the report. It returns the errors of
// all if none has, and otherwise nil.
func (on *route) send(ctx context.Context, r *runner, report reporter.Report) routeError {
	var errs routeError
	for _, s := range on.servers {
		if ctx.Err() != nil {
			break
		}
		err := s.send(ctx, r, report)
		on.tell(r, s, err)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errs
}

// tell tells the log when a server begins to refuse the reports of a watch, and when it
// ends.
func (on *route) tell(r *runner, s *server, err error) {
	refused, ok := errors.AsType[*reporter.StatusError](err)
	switch {
	case err == nil && on.refused[s] != 0:
		delete(on.refused, s)
		r.log.Info("Reports are taken again", "server", s.name)
	case ok && !passes(refused) && on.refused[s] != refused.Code:
		on.refused[s] = refused.Code
		r.log.Error("Report refused", "server", s.name, "err", err, "hint", hint(refused.Code, r.settings.Report))
	}
}

// passes tells whether an answer is one that may be another one soon.
func passes(refused *reporter.StatusError) bool {
	return refused.Code >= http.StatusInternalServerError || refused.Code == http.StatusTooManyRequests
}

// A routeError is why none of the servers of a route has taken a report.
type routeError []error

// Error implements error.
func (e routeError) Error() string { return errors.Join(e...).Error() }

// Unwrap returns the errors of the servers.
func (e routeError) Unwrap() []error { return e }

// transient tells whether one of the servers may take the same report soon.
func (e routeError) transient() bool {
	return slices.ContainsFunc(e, func(err error) bool {
		refused, answered := errors.AsType[*reporter.StatusError](err)
		return err != errNotTaken && (!answered || passes(refused)) //nolint:errorlint // it is never wrapped
	})
}

// hint says what to do about a refusal.
func hint(code int, report string) string {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "write a reporter token of the server that may report for the service into the token_file, then reload"
	case http.StatusNotFound:
		return "the server has no such service and node: compare the ids with its exporter.yml"
	case http.StatusPreconditionFailed:
		if report == config.ReportLoad {
			return "the node is not in mode push: change its mode, or remove report: load"
		}
		return "the node is not in mode local: change its mode, or write report: load"
	}
	return "is the url that of the server, without /reporter?"
}
