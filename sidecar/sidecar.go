// SPDX-License-Identifier: Apache-2.0

// Package sidecar watches what can't report by itself, and reports it: it runs each
// watch at its interval, and tells the servers. Looking is left to package watch, and
// the listener to whoever runs it.
package sidecar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/sidecar/config"
	"github.com/pharos-status/pharos/sidecar/watch"
)

// Options are the settings of a [Sidecar].
type Options struct {
	ConfigFile string            // reporter.yml
	Host       watch.HostOptions // which machine is watched
	Transport  http.RoundTripper // how the servers are reached; nil: as the configuration says
	UserAgent  string            // of reports and HTTP watches; empty: pharos_reporter

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // where the metrics go; required
}

func (o *Options) validate() error {
	switch {
	case o.Logger == nil:
		return errors.New("sidecar: Options.Logger is required")
	case o.Registerer == nil:
		return errors.New("sidecar: Options.Registerer is required")
	}
	o.UserAgent = cmp.Or(o.UserAgent, "pharos_reporter")
	o.Host.UserAgent = cmp.Or(o.Host.UserAgent, o.UserAgent)
	return nil
}

// A Sidecar is a component that watches and reports. Its methods are safe for
// concurrent use.
type Sidecar struct {
	o       Options
	host    *watch.Host
	watchOf func(*config.Watch) (watch.Watch, error) // that of host
	spread  func(time.Duration) time.Duration        // a random part of an interval
	metrics *metrics

	reloading sync.Mutex // one Reload at a time
	next      chan *plan // what Run is to do from now on; holds at most one

	current atomic.Pointer[plan]
}

// New reads the configuration. Nothing is watched before [Sidecar.Run].
func New(o Options) (*Sidecar, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	s := &Sidecar{o: o, host: watch.NewHost(o.Host), spread: rand.N[time.Duration], next: make(chan *plan, 1)}
	s.watchOf = s.host.Watch
	s.metrics = newMetrics(s.runners)
	first, err := s.load(nil)
	if err != nil {
		return nil, err
	}
	if err := s.metrics.register(o.Registerer); err != nil {
		return nil, err
	}
	s.metrics.reloaded(true)
	s.current.Store(first)
	s.next <- first
	return s, nil
}

// Close releases what New acquired, for a sidecar that never runs.
func (s *Sidecar) Close() { s.metrics.unregister(s.o.Registerer) }

// Watches returns how many things are watched.
func (s *Sidecar) Watches() int { return len(s.current.Load().runners) }

// Servers returns which servers are told, by their hosts.
func (s *Sidecar) Servers() []string {
	servers := s.current.Load().servers
	names := make([]string, len(servers))
	for i, server := range servers {
		names[i] = server.name
	}
	return names
}

func (s *Sidecar) runners() []*runner { return s.current.Load().runners }

// Reload reads the configuration again, with its tokens. If it is bad, the error says
// why and the old one stays. A watch that is as it was goes on with what it remembers.
func (s *Sidecar) Reload() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	next, err := s.load(s.current.Load())
	s.metrics.reloaded(err == nil)
	if err != nil {
		return err
	}
	s.current.Store(next)
	select {
	case <-s.next: // Run has not seen it yet, and never does
	default:
	}
	s.next <- next
	return nil
}

// A plan is what is done by one configuration.
type plan struct {
	config  *config.Config
	servers []*server
	runners []*runner // in the order of the file
}

// load reads the configuration. What of it is like in old goes on with the same watch.
func (s *Sidecar) load(old *plan) (*plan, error) {
	c, err := config.Load(s.o.ConfigFile)
	if err != nil {
		return nil, readable(err)
	}
	p := &plan{config: c}
	for i := range c.Servers {
		server, err := newServer(&c.Servers[i], &s.o)
		if err != nil {
			return nil, err
		}
		p.servers = append(p.servers, server)
	}
	for i := range c.Watch {
		w := &c.Watch[i]
		r := &runner{
			settings: w, id: w.ID(), metrics: s.metrics, log: s.o.Logger.With("service", w.Service, "node", w.Node, "replica", w.Replica),
			spread: s.spread, looked: make(chan struct{}), told: make(chan struct{}),
		}
		if before := old.find(w.ID()); before != nil && reflect.DeepEqual(before.settings, w) {
			r.watch, r.board.last = before.watch, before.board.read()
		}
		if r.watch == nil {
			if r.watch, err = s.watchOf(w); err != nil {
				return nil, err
			}
		}
		r.routes = routes(p.servers, c.Send)
		p.runners = append(p.runners, r)
	}
	return p, nil
}

// find returns the runner of a replica, nil if there is none.
func (p *plan) find(id status.ID) *runner {
	if p == nil {
		return nil
	}
	for _, r := range p.runners {
		if r.id == id {
			return r
		}
	}
	return nil
}

// without returns the servers that another plan has not.
func (p *plan) without(other *plan) []*server {
	return slices.DeleteFunc(slices.Clone(p.servers), func(s *server) bool {
		return slices.ContainsFunc(other.servers, func(o *server) bool { return o.name == s.name })
	})
}

// Run watches and reports until ctx is done. Then the replicas stay as they were told
// last, or are flushed, as the configuration says.
func (s *Sidecar) Run(ctx context.Context) error {
	var running sync.WaitGroup
	now := &plan{}
	for {
		select {
		case next := <-s.next:
			s.change(ctx, now, next, &running)
			now = next
			continue
		case <-ctx.Done():
		}
		break
	}
	s.end(now, &running)
	ended := make(chan struct{})
	go func() {
		running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		s.host.Close()
	case <-time.After(endPatience):
		s.o.Logger.Warn("A watch still looks, and is not waited for")
	}
	s.Close()
	return nil
}

// endPatience bounds the end: the kernel may hold a look up for ever, while telling and
// flushing have bounds of their own.
const endPatience = 2*flushPatience + time.Second

// change ends what ran by the old plan, and starts what the new one has. What is not
// reported any more is flushed: a replica that is not watched, everywhere, and all of
// them at a server that is not told.
func (s *Sidecar) change(ctx context.Context, old, next *plan, running *sync.WaitGroup) {
	gone := old.without(next)
	for _, r := range old.runners {
		if next.find(r.id) == nil {
			r.stop(old.servers)
		} else {
			r.stop(gone)
		}
	}
	running.Go(func() { s.release(old) })
	s.metrics.serve(next)
	for _, r := range next.runners {
		life, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r.cancel = cancel
		running.Go(func() { r.run(life, old.find(r.id)) })
	}
}

// end ends what runs.
func (s *Sidecar) end(p *plan, running *sync.WaitGroup) {
	var flush []*server
	if p.config != nil && p.config.OnStop == config.OnStopFlush {
		flush = p.servers
	}
	for _, r := range p.runners {
		r.stop(flush)
	}
	running.Go(func() { s.release(p) })
}

// release gives up the servers of a plan that was ended, once they were told the last.
func (s *Sidecar) release(p *plan) {
	for _, r := range p.runners {
		<-r.told
	}
	for _, server := range p.servers {
		server.close()
	}
	s.metrics.forget(p.without(s.current.Load()))
}

// readable tells what to do about a file that is not there.
func readable(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; write the file, or name another one with --config.file", err)
	}
	return err
}
