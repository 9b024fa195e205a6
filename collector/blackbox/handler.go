// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/common/expfmt"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

const (
	defaultModule     = "http_2xx"
	defaultTimeout    = 120 * time.Second // where neither Prometheus nor the module sets one
	defaultConcurrent = 1000
)

// HandlerOptions are the settings of a [Handler].
type HandlerOptions struct {
	Options

	// Modules returns those that there are, by name. It is called for each request;
	// neither the map nor a module in it may change.
	Modules func() map[string]*module.Module

	// TimeoutOffset is taken from the time limit of a scrape, so that the answer
	// is there before Prometheus gives up.
	TimeoutOffset time.Duration

	// MaxConcurrent bounds the probes at a time; beyond it the answer is 503.
	// 0: 1000.
	MaxConcurrent int

	History *History // nil: none is kept
	Logger  *slog.Logger
}

// A Handler answers /probe?target=…&module=… as blackbox_exporter does. Its
// other parameters are hostname, by which the target is to be called, and
// debug=true, which answers with the log of the probe. It is safe for concurrent
// use.
type Handler struct {
	o        HandlerOptions
	families map[module.Kind][]family
	slots    chan struct{}
	formats  []expfmt.Format
	buffers  sync.Pool // of *[]byte
	unknown  atomic.Uint64

	mu       sync.Mutex // protects compiled
	compiled map[*module.Module]*Compiled
}

// NewHandler returns a Handler.
func NewHandler(o HandlerOptions) *Handler {
	h := &Handler{
		o:        o,
		families: map[module.Kind][]family{},
		formats:  []expfmt.Format{expfmt.NewFormat(expfmt.TypeTextPlain), expfmt.NewFormat(expfmt.TypeOpenMetrics)},
		slots:    make(chan struct{}, cmp.Or(o.MaxConcurrent, defaultConcurrent)),
		compiled: map[*module.Module]*Compiled{},
	}
	for _, kind := range module.Kinds() {
		h.families[kind] = families(kind)
	}
	return h
}

// UnknownModules returns how many requests asked for a module that is not there.
func (h *Handler) UnknownModules() uint64 { return h.unknown.Load() }

// A refusal is an answer other than what a probe saw.
type refusal struct {
	code int
	text string
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	name := cmp.Or(query.Get("module"), defaultModule)
	target := decodeTwice(query.Get("target"))
	s, refused := h.request(r, name, target)
	if refused == nil {
		refused = h.probe(r.Context(), s, target, query.Get("hostname"))
	}
	if refused != nil {
		if refused.code == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		http.Error(w, refused.text, refused.code)
		return
	}
	if h.o.History != nil {
		h.o.History.add(s)
	}
	h.log(r.Context(), s)
	if query.Get("debug") == "true" {
		writeDebug(w, s)
		return
	}
	h.answer(w, r, s)
}

// request returns what was asked for, in the order of blackbox_exporter's checks.
func (h *Handler) request(r *http.Request, name, target string) (*seen, *refusal) {
	m := h.o.Modules()[name]
	if m == nil {
		h.unknown.Add(1)
		return nil, &refusal{http.StatusBadRequest, fmt.Sprintf("Unknown module %q; the configuration has no such module.", status.Shorten(name))}
	}
	limit, err := timeLimit(r.Header.Get("X-Prometheus-Scrape-Timeout-Seconds"), time.Duration(m.Timeout), h.o.TimeoutOffset)
	switch {
	case err != nil:
		return nil, &refusal{http.StatusInternalServerError, "The header X-Prometheus-Scrape-Timeout-Seconds is no number of seconds."}
	case target == "":
		return nil, &refusal{http.StatusBadRequest, "The parameter target is missing."}
	case len(target) > maxTarget:
		return nil, &refusal{http.StatusBadRequest, fmt.Sprintf("The target is longer than %d bytes.", maxTarget)}
	case !slices.Contains(module.Kinds(), m.Prober):
		return nil, &refusal{http.StatusBadRequest, fmt.Sprintf("Unknown prober %q; the configuration of the module has to name one.", status.Shorten(string(m.Prober)))}
	}
	return &seen{name: name, module: m, target: redacted(target), asked: identify(target), limit: limit}, nil
}

// timeLimit returns how long a probe may take: what Prometheus gives, less the
// offset, or the time limit of the module if that is shorter.
func timeLimit(header string, own, offset time.Duration) (time.Duration, error) {
	given := defaultTimeout
	if header != "" {
		seconds, err := strconv.ParseFloat(header, 64)
		if err != nil || math.IsNaN(seconds) || seconds < 0 {
			return 0, errors.New("no number of seconds")
		}
		if seconds > 0 {
			given = time.Duration(min(seconds, defaultTimeout.Seconds()*1000) * float64(time.Second))
		}
	}
	limit := given - offset
	switch {
	case limit <= 0 && own > 0:
		return own, nil
	case limit <= 0:
		return given, nil
	case own > 0:
		return min(own, limit), nil
	}
	return limit, nil
}

// probe fills in the result. A target that is none is a failed probe.
func (h *Handler) probe(ctx context.Context, s *seen, target, hostname string) *refusal {
	if set := hostHeader(s.module); hostname != "" && set != "" && set != hostname {
		return &refusal{http.StatusBadRequest, fmt.Sprintf("The module sets the header Host to %q, and the parameter hostname is %q; give one of them.", set, status.Shorten(hostname))}
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return &refusal{http.StatusServiceUnavailable, fmt.Sprintf("%d probes are under way, which is the limit.", cap(h.slots))}
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	prober, err := h.prober(s.module, target, hostname) //nolint:contextcheck // a prober gets its context when it probes
	s.started = err == nil
	if err != nil {
		prober = probe.Func(func(context.Context, *probe.Trace) error { return probe.Failf(status.Protocol, "%w", err) })
	}
	s.result = prober.Probe(ctx)
	return nil
}

// hostHeader returns how a module of HTTP calls its targets; empty if it does not.
func hostHeader(m *module.Module) string {
	if m.Prober != module.KindHTTP {
		return ""
	}
	return m.HTTP.Headers.Header().Get("Host")
}

// prober compiles each module once. One that can't be used is tried again: its files may come.
func (h *Handler) prober(m *module.Module, target, hostname string) (probe.Prober, error) {
	c, err := h.compile(m)
	if err != nil {
		return nil, err
	}
	if m.Prober != module.KindHTTP && m.Prober != module.KindTCP {
		hostname = "" // as in blackbox_exporter
	}
	return c.prober(target, hostname)
}

func (h *Handler) compile(m *module.Module) (*Compiled, error) {
	h.mu.Lock()
	c := h.compiled[m]
	h.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := Compile(m, h.o.Options)
	if err != nil {
		return nil, err
	}
	current := h.o.Modules()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.compiled) >= 2*len(current) {
		clear(h.compiled) // most are of a configuration that is gone
	}
	h.compiled[m] = c
	return c, nil
}

func (h *Handler) log(ctx context.Context, s *seen) {
	if !h.o.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	args := []any{"module", s.name, "target", s.target, "duration_seconds", s.result.Took.Seconds()}
	if s.success() {
		h.o.Logger.DebugContext(ctx, "Probe succeeded", args...)
		return
	}
	h.o.Logger.DebugContext(ctx, "Probe failed", append(args, "err", s.result.Err)...)
}

// answer writes the metrics as text, or as OpenMetrics to whoever prefers it. It
// does not compress: that would cost more than a page of this size is worth.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, s *seen) {
	buf, ok := h.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	defer h.buffers.Put(buf)
	*buf = expose((*buf)[:0], h.families[s.module.Prober], s)
	format := expfmt.NegotiateAccept(r.Header, h.formats...)
	if format.FormatType() == expfmt.TypeOpenMetrics {
		*buf = append(*buf, "# EOF\n"...)
	}
	w.Header().Set("Content-Type", string(format))
	w.Header().Set("Content-Length", strconv.Itoa(len(*buf)))
	_, _ = w.Write(*buf) // the client is gone if this fails
}
