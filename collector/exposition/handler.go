// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"io"
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
	buffers   sync.Pool // of *[]byte, each for a group

	mu    sync.Mutex // held while a page is brought up to date, and not while it is sent
	pages map[expfmt.FormatType]*page
}

// New returns a Handler.
func New(o Options) *Handler {
	h := &Handler{o: o, pages: map[expfmt.FormatType]*page{}}
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
	if err != nil {
		h.o.Logger.Error("Metrics not gathered", "err", err)
		http.Error(w, "The metrics can't be gathered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header()["Vary"] = append(w.Header()["Vary"], "Accept", "Accept-Encoding")
	w.Header().Set("Content-Type", string(format))
	if acceptsGzip(r.Header) {
		err = h.serveGzip(w, v, kind)
	} else {
		err = h.serveIdentity(w, v)
	}
	if err != nil { // mostly that the client is gone
		h.o.Logger.Debug("Metrics not sent", "err", err)
	}
}

// serveIdentity sends what is not compressed. It is made anew each time: that takes
// little more than to copy it, and keeping it would take ten times the memory of
// what is compressed.
func (h *Handler) serveIdentity(w io.Writer, v *view) error {
	for i := range v.parts {
		p := &v.parts[i]
		if p.table == nil {
			if _, err := w.Write(p.rest); err != nil {
				return err
			}
		} else if err := h.serveColumn(w, p); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, v.end)
	return err
}

// serveColumn sends a family, unless it has no samples.
func (h *Handler) serveColumn(w io.Writer, p *part) error {
	groups := make([]*[]byte, groupsOf(p.table))
	err := h.scratches.inParallel(len(groups), func(i int, s *scratch) error {
		buffer, ok := h.buffers.Get().(*[]byte)
		if !ok {
			buffer = new([]byte)
		}
		*buffer = s.encode((*buffer)[:0], p, i)
		groups[i] = buffer
		return nil
	})
	if err != nil {
		return err
	}
	defer func() {
		for _, g := range groups {
			h.buffers.Put(g)
		}
	}()
	size := 0
	for _, g := range groups {
		size += len(*g)
	}
	if size == 0 {
		return nil
	}
	if _, err := w.Write(p.encoder.head(nil, size)); err != nil {
		return err
	}
	for _, g := range groups {
		if _, err := w.Write(*g); err != nil {
			return err
		}
	}
	return nil
}

// serveGzip sends what is compressed, most of it as it was sent before.
func (h *Handler) serveGzip(w http.ResponseWriter, v *view, kind expfmt.FormatType) error {
	stream, err := h.compress(v, kind)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", strconv.Itoa(stream.len()))
	return stream.writeTo(w)
}

// compress brings the page of a format up to date.
func (h *Handler) compress(v *view, kind expfmt.FormatType) (*gzipStream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(h.pages, func(_ expfmt.FormatType, p *page) bool { return now.Sub(p.used) > keepFor })
	p := h.pages[kind]
	if p == nil {
		p = &page{}
		h.pages[kind] = p
	}
	p.used = now
	if err := p.refresh(v, &h.scratches); err != nil {
		return nil, err
	}
	s := h.scratches.take()
	defer h.scratches.put(s)
	return p.stream(v, s)
}
