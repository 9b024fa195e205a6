// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	heartbeat         = 25 * time.Second // the longest silence
	streamWriteWithin = 10 * time.Second // a visitor who takes longer for a line has gone
)

// A hub tells the listeners of one page which version it has. It is safe for
// concurrent use.
type hub struct {
	mu        sync.Mutex
	news      news
	listeners map[stream]struct{}
	closed    bool
}

// news is what listeners are told: the version of the page, and of when its data is.
type news struct {
	version string
	asOf    time.Time
}

func newHub() *hub { return &hub{listeners: map[stream]struct{}{}} }

// publish wakes the listeners if the version is another one.
func (h *hub) publish(n news) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.news
	h.news = n
	if before.version != n.version {
		h.wakeLocked()
	}
}

// close ends all streams, and those that are still to come.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.wakeLocked()
}

func (h *hub) wakeLocked() {
	for s := range h.listeners {
		s.wake()
	}
}

// now returns the news, and false once the hub is closed.
func (h *hub) now() (n news, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.news, !h.closed
}

func (h *hub) join(s stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[s] = struct{}{}
}

func (h *hub) part(s stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, s)
}

// serve answers with the events of the page, and calls leave when that is over, which
// may be after it has returned.
func (h *hub) serve(w http.ResponseWriter, r *http.Request, leave func()) {
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	// After a restart not everybody comes back in the same second.
	greeting := fmt.Sprintf("retry: %d\n\n", 2000+rand.IntN(6000)) //nolint:gosec // no secret
	told := r.Header.Get("Last-Event-ID")
	if s, err := takeOver(w); err == nil {
		go func() { // it ends when the hub is closed, which [streams] waits for
			defer leave()
			h.listen(s, greeting, told)
		}()
		return
	}
	defer leave()
	h.listen(newHTTPStream(w, r), greeting, told)
}

// listen sends "page" when the page has another version than was told, and "alive",
// with the time of its data, when nothing else was sent for a while. It returns when
// the visitor has gone or the hub is closed.
func (h *hub) listen(s stream, greeting, told string) {
	defer s.end()
	h.join(s)
	defer h.part(s)
	if s.send(greeting) != nil {
		return
	}
	beat := time.Now().Add(heartbeat)
	for {
		n, open := h.now()
		kind := ""
		switch {
		case !open:
			return
		case n.version != told:
			kind = "page"
		case !time.Now().Before(beat):
			kind = "alive"
		}
		if kind != "" {
			if s.send(event(kind, n)) != nil {
				return
			}
			told, beat = n.version, time.Now().Add(heartbeat)
		}
		if !s.wait(beat) {
			return
		}
	}
}

func event(kind string, n news) string {
	asOf := ""
	if !n.asOf.IsZero() {
		asOf = `,"as_of":` + strconv.Quote(n.asOf.UTC().Format(time.RFC3339))
	}
	return "event: " + kind + "\nid: " + n.version + "\ndata: {\"version\":\"" + n.version + "\"" + asOf + "}\n\n"
}
