// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// maxRows bounds the table of the landing page; those in trouble come first.
const maxRows = 500

//go:embed landing.html
var landingHTML string

// A landing is what the landing page shows.
type landing struct {
	Title    string
	Version  string
	Links    []Link
	Shown    status.ID // what of it is set is a filter, and only what matches is shown
	Counts   []count
	Replicas []row
	Hidden   int      // replicas beyond maxRows
	Modules  []string // that probes on demand may use, sorted
	Probes   []demanded
}

type count struct {
	Status status.Status
	N      int
}

type row struct {
	state.Replica
	Age  time.Duration // since the last probe or report, in whole seconds; negative if there was none
	Took time.Duration // as precise as people read it
	Log  []probe.Event // of the last probe
}

// A demanded is a probe on demand.
type demanded struct {
	blackbox.Entry
	Age, Took time.Duration
}

func (e *Exporter) serveLanding(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	shown := filterOf(r)
	l := newLanding(matching(e.store.Snapshot(now), shown), now)
	l.Shown = shown
	l.Title, l.Links = e.o.Title, e.o.Links
	l.Modules = slices.Sorted(maps.Keys(e.current().config.Modules))
	l.Probes = demandedProbes(e.history.Recent(), now)
	page, err := renderLanding(l)
	if err != nil {
		e.o.Logger.Error("Landing page not rendered", "err", err)
		app.WriteText(w, http.StatusInternalServerError, "The page can't be shown; the log says why.\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(page) // the client is gone if this fails
}

// filterOf returns the service, node and replica that a request is about, each
// empty for all. A name is shortened as those of replicas are, so that it matches
// them.
func filterOf(r *http.Request) status.ID {
	q := r.URL.Query()
	name := func(key string) string { return status.Shorten(strings.ToValidUTF8(q.Get(key), "\uFFFD")) }
	return status.ID{Service: name(schema.Service), Node: name(schema.Node), Replica: name(schema.Replica)}
}

// matching returns those of the replicas that a filter lets through. It writes over
// all of them.
func matching(all []state.Replica, filter status.ID) []state.Replica {
	return slices.DeleteFunc(all, func(r state.Replica) bool {
		return filter.Service != "" && filter.Service != r.ID.Service ||
			filter.Node != "" && filter.Node != r.ID.Node ||
			filter.Replica != "" && filter.Replica != r.ID.Replica
	})
}

func newLanding(replicas []state.Replica, now time.Time) landing {
	l := landing{Version: version.Version}
	n := map[status.Status]int{}
	for _, r := range replicas {
		n[r.Status]++
	}
	for s := range status.All() {
		l.Counts = append(l.Counts, count{s, n[s]})
	}
	slices.SortStableFunc(replicas, func(a, b state.Replica) int {
		return cmp.Compare(b.Status.Severity(), a.Status.Severity())
	})
	shown := replicas[:min(len(replicas), maxRows)]
	l.Hidden = len(replicas) - len(shown)
	for _, r := range shown {
		age := time.Duration(-1)
		if !r.At.IsZero() {
			age = max(now.Sub(r.At), 0).Truncate(time.Second)
		}
		l.Replicas = append(l.Replicas, row{r, age, readable(r.Took), logOf(r)})
	}
	return l
}

// logOf returns the log of the last probe of a replica, with what else is known of it.
func logOf(r state.Replica) []probe.Event {
	events := slices.Collect(r.Events.All())
	if !r.NotAfter.IsZero() {
		events = append(events, probe.Event{After: r.Took, What: "the certificate holds until", Detail: r.NotAfter.UTC().Format(time.DateTime + " MST")})
	}
	return events
}

func demandedProbes(entries []blackbox.Entry, now time.Time) []demanded {
	all := make([]demanded, len(entries))
	for i, e := range entries {
		all[i] = demanded{e, max(now.Sub(e.At), 0).Truncate(time.Second), readable(e.Took)}
	}
	return all
}

// readable rounds a duration to what people read.
func readable(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

func renderLanding(l landing) ([]byte, error) {
	t, err := template.New("landing").Parse(landingHTML)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = t.Execute(&page, l)
	return page.Bytes(), err
}
