// SPDX-License-Identifier: Apache-2.0

// Package duty is what the page does by itself, in one instance among all: silences
// that follow maintenance, incidents that alerts open and the truth closes, word that
// maintenance begins and ends, and the end of old sessions and drafts. What it tells people goes
// through package desk; sending it is left to package subscribe.
package duty

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

const (
	every       = 10 * time.Second // between two rounds that nobody has asked for
	resync      = time.Minute      // between two looks at silences that should be as they are
	cleanEvery  = time.Hour        // between two searches for old sessions and drafts
	dutyLimit   = 20 * time.Second // for each duty in a round; what is not done then is done in the next
	journalLook = 1000             // entries that are searched for what people did
)

// The duties, as the metric names them.
const (
	silencesDuty    = "silences"
	incidentsDuty   = "incidents"
	maintenanceDuty = "maintenance"
	sessionsDuty    = "sessions"
	draftsDuty      = "drafts"
)

// A Store is what the duties read and clean; [store.Store] is one.
type Store interface {
	Contents(ctx context.Context) (store.Contents, error)
	Journal(ctx context.Context, subject string, before int64, limit int) ([]store.Entry, error)
	Authors(ctx context.Context, subject string) ([]string, error)
	DeleteSessions(ctx context.Context, user string) error
}

// A Desk is where the duties do what a person could do; [desk.Desk] is one.
type Desk interface {
	OpenIncident(ctx context.Context, author string, in desk.IncidentInput) (statuspage.Incident, error)
	ChangeIncident(ctx context.Context, author, id string, in desk.IncidentInput) (statuspage.Incident, error)
	UpdateIncident(ctx context.Context, author, id string, in desk.UpdateInput) (statuspage.Incident, error)
	DeleteDraft(ctx context.Context, author, id string, seen time.Time) error
	UpdateMaintenance(ctx context.Context, author, id string, in desk.UpdateInput) (statuspage.Maintenance, error)
}

// Alertmanager is what tells of alerts and holds silences; [alerts.Client] is one.
type Alertmanager interface {
	Active(ctx context.Context) ([]alerts.Alert, error)
	Marked(ctx context.Context, prefix string) ([]alerts.Silence, error)
	SetSilence(ctx context.Context, s alerts.Silence) error
	Expire(ctx context.Context, id string) error
	URL() string // tells one from another
}

// Options are what the duties work on; all are required.
type Options struct {
	Store        Store
	Desk         Desk
	Alertmanager func() Alertmanager       // the one of the configuration in force
	Config       func() *config.Config     // likewise
	Reading      func() statuspage.Reading // the last good one; the zero Reading if there never was one
	Layout       func() statuspage.Layout  // the last one known
	Logger       *slog.Logger
}

// A Duty does what there is to do. It is safe for concurrent use.
type Duty struct {
	o        Options
	wake     chan struct{}
	failures *prometheus.CounterVec
}

// New returns a Duty.
func New(o Options) *Duty {
	d := &Duty{o: o, wake: make(chan struct{}, 1), failures: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: schema.StatuspageDutyFailures,
		Help: "How often something that the page does by itself has failed, by duty. It is tried again.",
	}, []string{schema.Duty})}
	for _, name := range []string{silencesDuty, incidentsDuty, maintenanceDuty, sessionsDuty, draftsDuty} {
		d.failures.WithLabelValues(name)
	}
	return d
}

// Collector returns what the duties tell of themselves.
func (d *Duty) Collector() prometheus.Collector { return d.failures }

// Wake asks for a round at once, because something was changed. It does not block.
func (d *Duty) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run does the duties until ctx is done. It is meant for one instance at a time, as
// store.Elect sees to; what it knows beyond the store it learns anew each time.
func (d *Duty) Run(ctx context.Context) {
	w := newWork(d)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		w.round(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-d.wake:
		}
	}
}

// work is what one Run knows. All of it may be forgotten.
type work struct {
	*Duty
	failed    map[string]bool // duties that failed in the round before
	cleaned   time.Time       // when sessions and drafts were last searched
	silenced  silenced
	healthy   map[string]time.Time // since when what an incident affects is healthy, by its ID
	dismissed dismissals
}

func newWork(d *Duty) *work {
	return &work{Duty: d, failed: map[string]bool{}, healthy: map[string]time.Time{}}
}

// round does what is due: first what waits for nobody else. While the store is away
// nothing is done: what was known may not be so any more.
func (w *work) round(ctx context.Context) {
	c, err := w.o.Store.Contents(ctx)
	if err != nil {
		w.report(ctx, maintenanceDuty, err)
		return
	}
	now := time.Now().UTC()
	w.do(ctx, maintenanceDuty, func(ctx context.Context) error { return w.phases(ctx, c, now) })
	w.do(ctx, incidentsDuty, func(ctx context.Context) error { return w.incidents(ctx, c, now) })
	w.do(ctx, silencesDuty, func(ctx context.Context) error { return w.silences(ctx, c, now) })
	if now.Sub(w.cleaned) >= cleanEvery {
		w.cleaned = now
		w.do(ctx, sessionsDuty, func(ctx context.Context) error { return w.o.Store.DeleteSessions(ctx, "") })
		w.do(ctx, draftsDuty, func(ctx context.Context) error { return w.oldDrafts(ctx, c, now) })
	}
}

// do does one duty, and leaves the others their time.
func (w *work) do(ctx context.Context, duty string, f func(ctx context.Context) error) {
	bounded, cancel := context.WithTimeout(ctx, dutyLimit)
	defer cancel()
	w.report(ctx, duty, f(bounded))
}

// report logs what begins to fail, and what works again.
func (w *work) report(ctx context.Context, duty string, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return // it is over; nothing has failed
	}
	if err != nil {
		w.failures.WithLabelValues(duty).Inc()
	}
	switch failed := w.failed[duty]; {
	case err != nil && !failed:
		w.o.Logger.WarnContext(ctx, "what the page does by itself has failed; it is tried again", "duty", duty, "err", err)
	case err == nil && failed:
		w.o.Logger.InfoContext(ctx, "what the page does by itself works again", "duty", duty)
	}
	w.failed[duty] = err != nil
}
