// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/config"
)

// HTTPOptions are what an [HTTP] works with.
type HTTPOptions struct {
	Changed   func() // called from Run whenever Targets has changed by an answer; required
	UserAgent string // what requests say of their sender
	File      string // keeps the last good answers across restarts; empty: nothing does
	Logger    *slog.Logger
}

// A Source is an endpoint that tells of targets.
type Source struct {
	URL      string                  // http or https; never logged or shown whole
	Interval time.Duration           // between two requests; 0: a minute
	Client   config.HTTPClientConfig // how it is asked
}

// HTTP asks sources for targets, each at its interval and each for itself. It
// is a [prometheus.Collector] of how that goes. Its methods may be called at any
// time.
type HTTP struct {
	o       HTTPOptions
	descs   descs
	dial    config.DialContextFunc // nil: over the network
	updated chan struct{}          // capacity 1
	changed chan struct{}          // capacity 1

	mu      sync.Mutex
	sources []*source
	memory  memory // of an earlier run
}

// NewHTTP returns an HTTP that asks nobody until [HTTP.Update] says whom.
func NewHTTP(o HTTPOptions) *HTTP {
	h := &HTTP{o: o, descs: newDescs(), updated: make(chan struct{}, 1), changed: make(chan struct{}, 1)}
	if err := h.memory.load(o.File); err != nil {
		o.Logger.Warn("Targets of an earlier run are forgotten", "err", err)
	}
	return h
}

// Update replaces the sources. One for which nothing changes is asked on,
// undisturbed; another is asked at once. The targets of a source that is asked in
// another way from now on are kept until it answers, and so are those of an earlier
// run of the program.
func (h *HTTP) Update(sources []Source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.sources
	h.sources = make([]*source, len(sources))
	names := map[string]int{}
	for i, s := range sources {
		if s.Interval <= 0 {
			s.Interval = time.Minute
		}
		j := slices.IndexFunc(before, func(b *source) bool { return reflect.DeepEqual(b.Source, s) })
		if j >= 0 {
			h.sources[i] = before[j]
			before = slices.Delete(slices.Clone(before), j, j+1) // each is taken over once
		} else {
			h.sources[i] = newSource(s, before, &h.memory)
		}
		name := publicName(s.URL)
		if names[name]++; names[name] > 1 {
			name += "#" + strconv.Itoa(names[name])
		}
		h.sources[i].rename(name)
	}
	signal(h.updated)
}

// Targets returns the targets of all sources, in the order of these and of their
// last good answers.
func (h *HTTP) Targets() []Target {
	var all []Target
	for _, s := range h.all() {
		all = append(all, s.look().targets...)
	}
	return all
}

// Wait returns when each source has been asked at least once, whatever came of
// it, or with an error when ctx is done.
func (h *HTTP) Wait(ctx context.Context) error {
	for _, s := range h.all() {
		select {
		case <-s.asked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Missing returns an error that names the sources that have not answered yet; nil if
// there is none.
func (h *HTTP) Missing() error {
	var missing []string
	for _, s := range h.all() {
		if seen := s.look(); seen.last.IsZero() {
			missing = append(missing, seen.name)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("no good answer from %s; the log says why", strings.Join(missing, ", "))
}

// Run asks until ctx is done. It is called once.
func (h *HTTP) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	stops := map[*source]context.CancelFunc{}
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for {
		want := h.all()
		for s, stop := range stops {
			if !slices.Contains(want, s) {
				stop()
				delete(stops, s)
			}
		}
		for _, s := range want {
			if stops[s] == nil {
				var of context.Context
				of, stops[s] = context.WithCancel(ctx)
				running.Go(func() { h.ask(of, s) })
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.updated:
		case <-h.changed:
			h.remember()
			h.o.Changed()
		}
	}
}

func (h *HTTP) all() []*source {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sources // never changed in place
}

// signal wakes who waits for c, now or later.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is about to be woken
	}
}

// publicName returns a URL without what may be secret in it.
func publicName(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "invalid URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
