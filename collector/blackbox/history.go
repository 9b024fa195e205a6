// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"crypto/sha256"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A History keeps what recent probes saw. Failed ones are kept once more when
// newer probes push them out, so that they can be looked at in a sea of good
// ones. It is safe for concurrent use.
type History struct {
	limit int

	mu     sync.Mutex // protects all following fields
	next   int64
	recent []record // at most limit, the oldest first
	failed []record // likewise, all older than recent
}

type record struct {
	id int64
	*seen
}

// A targetID tells targets apart of which the secret parts are not kept.
type targetID [sha256.Size]byte

func identify(target string) targetID { return sha256.Sum256([]byte(target)) }

// An Entry is a probe of the history. Nothing in it is secret.
type Entry struct {
	ID      int64
	At      time.Time // when it began
	Took    time.Duration
	Module  string
	Target  string
	Success bool
	Problem string // why it failed, in words; may name the target
}

// NewHistory returns a History of limit probes and as many failed ones. With a
// limit below 1 it keeps none.
func NewHistory(limit int) *History { return &History{limit: max(limit, 0)} }

func (h *History) add(s *seen) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.limit == 0 {
		return
	}
	if len(h.recent) == h.limit {
		oldest := h.recent[0]
		h.recent = slices.Delete(h.recent, 0, 1)
		if !oldest.success() {
			if len(h.failed) == h.limit {
				h.failed = slices.Delete(h.failed, 0, 1)
			}
			h.failed = append(h.failed, oldest)
		}
	}
	h.recent = append(h.recent, record{h.next, s})
	h.next++
}

// all returns every probe, the newest first.
func (h *History) all() []record {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := slices.Concat(h.failed, h.recent)
	slices.Reverse(all)
	return all
}

// Recent returns what is kept, the newest first.
func (h *History) Recent() []Entry {
	all := h.all()
	entries := make([]Entry, len(all))
	for i, r := range all {
		entries[i] = Entry{ID: r.id, At: r.result.At, Took: r.result.Took, Module: r.name, Target: r.target, Success: r.success()}
		if r.result.Err != nil {
			entries[i].Problem = printable(r.result.Err.Error())
		}
	}
	return entries
}

// ServeHTTP answers with the log of a probe: the one with the number ?id=, or
// the last one of ?target= by ?module=.
func (h *History) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	module, target := query.Get("module"), decodeTwice(query.Get("target"))
	asked := identify(target)
	wanted := func(r record) bool { return r.name == module && r.asked == asked }
	if target == "" {
		id, err := strconv.ParseInt(query.Get("id"), 10, 64)
		if err != nil {
			http.Error(w, "Which probe? Give its id, or its target and module.", http.StatusBadRequest)
			return
		}
		wanted = func(r record) bool { return r.id == id }
	}
	all := h.all()
	i := slices.IndexFunc(all, wanted)
	if i < 0 {
		http.Error(w, "There is no such probe, or no longer.", http.StatusNotFound)
		return
	}
	writeDebug(w, all[i].seen)
}

func writeDebug(w http.ResponseWriter, s *seen) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, debugText(s)) // the client is gone if this fails
}
