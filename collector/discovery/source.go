// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/config"
)

const (
	answerWait = 30 * time.Second // for the whole of an answer
	retryWait  = 5 * time.Second  // after a first failure, twice as long after each other
	jitter     = 0.1              // part of an interval by which it varies, so that many exporters don't ask together
	maxDrained = 64 << 10         // bytes of an answer nobody reads that are worth a connection
)

// A source is asked by one goroutine; others look at what has come of it.
type source struct {
	Source
	asked    chan struct{} // closed when there was a first answer, or none will be
	answered func()        // closes asked

	mu   sync.Mutex
	seen seen
}

// seen is what is known of a source.
type seen struct {
	name      string // fit to be shown
	targets   []Target
	leftOut   int // targets of the last good answer
	successes uint64
	failures  uint64
	last      time.Time // of the last success
}

// newSource returns a source that begins with the targets of its forerunner, or
// with those of an earlier run.
func newSource(s Source, before []*source, earlier *memory) *source {
	out := &source{Source: s, asked: make(chan struct{}), seen: seen{targets: earlier.take(s.URL)}}
	out.answered = sync.OnceFunc(func() { close(out.asked) })
	for _, b := range before {
		if b.URL == s.URL {
			out.seen.targets = b.look().targets
			break
		}
	}
	return out
}

func (s *source) look() seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func (s *source) rename(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.name = name
}

// ask asks a source until ctx is done.
func (h *HTTP) ask(ctx context.Context, s *source) {
	defer s.answered()
	var client *http.Client
	for failures := 0; ; {
		var targets []Target
		var leftOut int
		var err error
		if client == nil {
			client, err = h.newClient(s.Client)
		}
		if err == nil {
			targets, leftOut, err = fetch(ctx, client, s.Source)
		}
		if ctx.Err() == nil {
			h.record(s, targets, leftOut, err, failures)
			s.answered()
		}
		if failures++; err == nil {
			failures = 0
		}
		if !sleep(ctx, s.pause(failures)) {
			break
		}
	}
	if client != nil {
		client.CloseIdleConnections()
	}
}

// newClient returns a client that shares nothing with c, not even what it computes
// from it: c is compared with others at the same time.
func (h *HTTP) newClient(c config.HTTPClientConfig) (*http.Client, error) {
	if c.OAuth2 != nil {
		own := *c.OAuth2
		c.OAuth2 = &own
	}
	options := []config.HTTPClientOption{config.WithUserAgent(h.o.UserAgent)}
	if h.dial != nil {
		options = append(options, config.WithDialContextFunc(h.dial))
	}
	return config.NewClientFromConfig(c, "discovery", options...)
}

// sleep returns after that long, false if ctx is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// record takes an answer, or why there is none, after so many failures in a row.
func (h *HTTP) record(s *source, targets []Target, leftOut int, err error, failures int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := h.o.Logger.With("url", s.seen.name)
	if err != nil {
		s.seen.failures++
		if failures == 0 {
			log.Warn("No targets from a source; those it told of before stay", "targets", len(s.seen.targets), "err", err)
		}
		return
	}
	if failures > 0 {
		log.Info("A source tells of targets again", "targets", len(targets))
	}
	if leftOut > 0 && leftOut != s.seen.leftOut {
		log.Warn("Targets are left out: their URL or labels are too long", "left_out", leftOut)
	}
	s.seen.successes++
	s.seen.last, s.seen.leftOut = time.Now(), leftOut
	if !slices.EqualFunc(s.seen.targets, targets, same) {
		s.seen.targets = targets
		signal(h.changed)
	}
}

func same(a, b Target) bool { return a.URL == b.URL && maps.Equal(a.Labels, b.Labels) }

// pause returns how long to wait after so many failures in a row.
func (s *source) pause(failures int) time.Duration {
	wait := s.Interval
	if failures > 0 && failures < 20 {
		wait = min(wait, retryWait<<(failures-1))
	}
	return time.Duration(float64(wait) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // no secret
}

// fetch asks a source once. Its errors don't show the URL.
func fetch(ctx context.Context, client *http.Client, s Source) (targets []Target, leftOut int, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, http.NoBody)
	if err != nil {
		return nil, 0, withoutURL(err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("X-Prometheus-Refresh-Interval-Seconds", strconv.FormatFloat(s.Interval.Seconds(), 'f', -1, 64))
	response, err := client.Do(request)
	if err != nil {
		return nil, 0, withoutURL(err)
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, response.Body, maxDrained)
		_ = response.Body.Close()
	}()
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("the answer is %q, want 200 OK", response.Status)
	}
	if kind := response.Header.Get("Content-Type"); !isJSON(kind) {
		return nil, 0, fmt.Errorf("the answer is of type %q, want application/json", kind)
	}
	return parse(response.Body)
}

// withoutURL returns the cause of an error, without the URL that it happened to.
func withoutURL(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		return of.Err
	}
	return err
}

func isJSON(contentType string) bool {
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset, given := parameters["charset"]
	return err == nil && kind == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}
