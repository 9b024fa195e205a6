// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Limits of the event streams.
const (
	maxStreams        = 20_000
	maxStreamsOfOne   = 100 // of one address
	heartbeat         = 25 * time.Second
	streamWriteWithin = 10 * time.Second // a visitor who takes longer for a line has gone
)

// streams counts who listens to the events of all pages.
type streams struct {
	max, maxOfOne int
	ended         chan struct{} // closed once all streams have to end

	mu    sync.Mutex
	total int
	of    map[netip.Prefix]int
}

func newStreams() *streams {
	return &streams{max: maxStreams, maxOfOne: maxStreamsOfOne, ended: make(chan struct{}), of: map[netip.Prefix]int{}}
}

// enter lets a listener in, or returns the HTTP code with which it is turned away.
// Who was let in leaves by calling leave.
func (s *streams) enter(from netip.Addr) (leave func(), code int) {
	who := network(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.total >= s.max:
		return nil, http.StatusServiceUnavailable
	case s.of[who] >= s.maxOfOne:
		return nil, http.StatusTooManyRequests
	}
	s.total++
	s.of[who]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total--
		if s.of[who]--; s.of[who] == 0 {
			delete(s.of, who)
		}
	}, 0
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// A hub tells the listeners of one page which version it has. It is safe for
// concurrent use.
type hub struct {
	mu      sync.Mutex
	news    news
	changed chan struct{} // closed once news is no longer the newest
	closed  bool
}

// news is what listeners are told: the version of the page, and of when its data is.
type news struct {
	version string
	asOf    time.Time
}

func newHub() *hub { return &hub{changed: make(chan struct{})} }

// publish wakes the listeners if the version is another one.
func (h *hub) publish(n news) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	before := h.news
	h.news = n
	if before.version != n.version {
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// close ends all streams, and those that are still to come.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.changed)
	}
}

// now returns the news, and what is closed when there are others. It returns false
// once the hub is closed.
func (h *hub) now() (n news, changed <-chan struct{}, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.news, h.changed, !h.closed
}

// serve sends the events until the visitor goes, the hub is closed or end is: "page" when
// the page has another version, first of all the one it has now; and "alive", with
// the time of its data, when nothing else was sent for a while.
func (h *hub) serve(w http.ResponseWriter, r *http.Request, end <-chan struct{}) {
	out := newStream(w)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	w.WriteHeader(http.StatusOK)
	// After a restart not everybody comes back in the same second.
	if out.send(fmt.Sprintf("retry: %d\n\n", 2000+rand.IntN(6000))) != nil { //nolint:gosec // no secret
		return
	}
	h.listen(r.Context(), out, r.Header.Get("Last-Event-ID"), end)
}

// listen works in a frame of its own, so that the stack of an idle stream is small.
func (h *hub) listen(ctx context.Context, out *stream, told string, end <-chan struct{}) {
	beat := time.NewTimer(heartbeat)
	defer beat.Stop()
	for {
		n, changed, open := h.now()
		if !open {
			return
		}
		if n.version != told {
			if out.sendEvent("page", n) != nil {
				return
			}
			told = n.version
			beat.Reset(heartbeat)
		}
		select {
		case <-ctx.Done():
			return
		case <-end:
			return
		case <-changed:
		case <-beat.C:
			n, _, _ := h.now()
			if out.sendEvent("alive", n) != nil {
				return
			}
			beat.Reset(heartbeat)
		}
	}
}

// A stream is the answer to a listener.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	s := &stream{w, http.NewResponseController(w)}
	// The request is read; from now on there is no end by which it must have been.
	_ = s.control.SetReadDeadline(time.Time{}) // where that can't be set there is none
	return s
}

func (s *stream) sendEvent(kind string, n news) error {
	asOf := ""
	if !n.asOf.IsZero() {
		asOf = `,"as_of":` + strconv.Quote(n.asOf.UTC().Format(time.RFC3339))
	}
	return s.send("event: " + kind + "\nid: " + n.version + "\ndata: {\"version\":\"" + n.version + "\"" + asOf + "}\n\n")
}

// send writes at once, or fails when the visitor does not take it in time.
func (s *stream) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamWriteWithin)) // likewise
	_, err := s.w.Write([]byte(text))
	err = errors.Join(err, s.control.Flush())
	_ = s.control.SetWriteDeadline(time.Time{}) // HTTP/2 would end an idle stream by it
	return err
}
