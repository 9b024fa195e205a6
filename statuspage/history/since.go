// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// gap is the longest time between two readings for which what both agree on is taken
// to have been so all the time.
const gap = 2 * time.Minute

// A tracker notes since when what is not healthy has been at least as bad as it is.
// What it has seen change itself it knows to a refresh; it asks the source for what was
// so before.
type tracker struct {
	at  time.Time // of the last reading
	all map[key]spell
}

// A key names the whole (both are empty), a service (Node is empty) or a node.
type key = status.NodeID

// A spell is how bad something is, and since when it has been so.
type spell struct {
	severity int
	since    [severities]time.Time // by severity: since when it has been at least so bad; zero if it is not, or if that is not known
}

const severities = 4

// on returns what follows if the next reading says so, and whether that leaves out since
// when.
func (s spell) on(severity int, at time.Time) (next spell, doubtful bool) {
	next.severity = severity
	for i := 1; i <= severity; i++ {
		next.since[i] = s.since[i]
		if i > s.severity {
			next.since[i] = at
		}
	}
	return next, severity != s.severity && severity > 0 && next.since[severity].IsZero()
}

// sinceOf returns since when what the reading has as not healthy has been as bad.
func (k *Keeper) sinceOf(ctx context.Context, source statuspage.Source, r statuspage.Reading) statuspage.Since {
	k.mu.Lock()
	before := k.since
	k.mu.Unlock()
	next, doubtful := before.next(r)
	if len(doubtful) > 0 {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		answer, err := source.Since(ctx)
		for _, id := range doubtful {
			if err != nil {
				next.unknown(id) // it is asked for again
			} else if since := sinceIn(answer, id); !since.IsZero() {
				next.know(id, since)
			}
		}
		k.mu.Lock()
		if err != nil {
			k.failed("since when something is not healthy", err)
		} else {
			k.worked("since when something is not healthy")
		}
		k.mu.Unlock()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if same(source, k.source) {
		k.since = next
	}
	return next.result()
}

// next returns what follows from a reading, and of what the source has to be asked.
func (t tracker) next(r statuspage.Reading) (next tracker, doubtful []key) {
	next = tracker{at: r.At, all: make(map[key]spell, len(r.Nodes)+len(r.Services)+1)}
	continued := !t.at.IsZero() && r.At.Sub(t.at) <= gap
	note := func(id key, st status.Status) {
		old, known := t.all[id]
		now, doubt := old.on(st.Severity(), r.At)
		if !known || !continued {
			now, doubt = spell{severity: st.Severity()}, st != status.Healthy
		}
		next.all[id] = now
		if doubt {
			doubtful = append(doubtful, id)
		}
	}
	note(key{}, r.Overall)
	for service, st := range r.Services {
		note(key{Service: service}, st)
	}
	for id, st := range r.Nodes {
		note(id, st)
	}
	return next, doubtful
}

func (t *tracker) know(id key, since time.Time) {
	s := t.all[id]
	s.since[s.severity] = since
	t.all[id] = s
}

func (t *tracker) unknown(id key) { delete(t.all, id) }

func (t *tracker) result() statuspage.Since {
	out := statuspage.Since{Services: map[string]time.Time{}, Nodes: map[status.NodeID]time.Time{}}
	for id, s := range t.all {
		switch {
		case s.severity == 0:
		case s.since[s.severity].IsZero():
		case id.Node != "":
			out.Nodes[id] = s.since[s.severity]
		case id.Service != "":
			out.Services[id.Service] = s.since[s.severity]
		default:
			out.Overall = s.since[s.severity]
		}
	}
	return out
}

func sinceIn(s statuspage.Since, id key) time.Time {
	switch {
	case id.Node != "":
		return s.Nodes[id]
	case id.Service != "":
		return s.Services[id.Service]
	}
	return s.Overall
}
