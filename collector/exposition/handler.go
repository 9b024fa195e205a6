// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// Options are the settings of a [Handler]. All of them are required.
type Options struct {
	View   func() View         // what there is now; its functions are called from many goroutines
	Rest   prometheus.Gatherer // the metrics that are in no table
	Logger *slog.Logger
}

// A Handler serves metrics over HTTP as client_golang's promhttp does: in the format
// and with the compression that the client asks for, and those alone that it names
// as name[]. It is safe for concurrent use.
type Handler struct {
	o    Options
	rare http.Handler // for formats that people read, and nobody scrapes

	scratches scratches

	mu    sync.Mutex // held while a page is brought up to date, and not while it is sent
	pages map[pageKey]*page
}

// New returns a Handler.
func New(o Options) *Handler {
	h := &Handler{o: o, pages: map[pageKey]*page{}}
	h.rare = promhttp.HandlerFor(h, promhttp.HandlerOpts{
		EnableOpenMetrics: true, ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelError),
	})
	return h
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	kind := format.FormatType()
	switch kind {
	case expfmt.TypeTextPlain, expfmt.TypeOpenMetrics, expfmt.TypeProtoDelim:
	default:
		h.rare.ServeHTTP(w, r)
		return
	}
	v, err := newView(h.o, format, r.URL.Query()["name[]"])
	defer v.done()
	if err != nil {
		h.o.Logger.Error("Metrics not gathered", "err", err)
		http.Error(w, "The metrics can't be gathered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header()["Vary"] = append(w.Header()["Vary"], "Accept", "Accept-Encoding")
	w.Header().Set("Content-Type", string(format))
	if err := h.serve(w, v, pageKey{kind, acceptsGzip(r.Header)}); err != nil { // mostly that the client is gone
		h.o.Logger.Debug("Metrics not sent", "err", err)
	}
}

// serve sends a page, most of it as it was sent before.
func (h *Handler) serve(w http.ResponseWriter, v *view, key pageKey) error {
	s := h.scratches.take()
	defer h.scratches.put(s)
	p, a, err := h.refresh(v, key, s)
	v.done() // before it is sent: the client may be slow
	if err != nil {
		http.Error(w, "The metrics can't be compressed: "+err.Error(), http.StatusInternalServerError)
		return err
	}
	defer func() {
		h.mu.Lock()
		p.sending--
		h.mu.Unlock()
	}()
	if key.gzip {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(a.len()))
	return a.writeTo(w)
}

// refresh brings a page up to date. Until its sending is counted down, its blocks
// are not written to.
func (h *Handler) refresh(v *view, key pageKey, s *scratch) (*page, *answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(h.pages, func(_ pageKey, p *page) bool { return now.Sub(p.used) > keepFor })
	p := h.pages[key]
	if p == nil {
		p = &page{gzip: key.gzip}
		h.pages[key] = p
	}
	p.used = now
	if err := p.refresh(v, &h.scratches); err != nil {
		return nil, nil, err
	}
	a, err := p.answer(v, s)
	if err == nil {
		p.sending++
	}
	return p, a, err
}
