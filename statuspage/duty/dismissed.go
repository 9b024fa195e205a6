// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/store"
)

// dismissals are when people last closed or deleted an incident about a service that
// an alert had opened. What had been told by then is theirs, for as long as its alerts
// fire; what comes after that is news again.
type dismissals struct {
	revision int64 // of the contents they are drawn from
	services map[string]dismissal
}

type dismissal struct {
	since time.Time // what lies before it was not looked for
	until time.Time // zero: there was none
}

// dismissedUntil returns when that was for a service, the zero time if it was not since
// the time.
func (w *work) dismissedUntil(ctx context.Context, service string, since time.Time, c store.Contents) (time.Time, error) {
	if w.dismissed.services == nil || w.dismissed.revision != c.Revision {
		w.dismissed = dismissals{c.Revision, map[string]dismissal{}}
	}
	if known, ok := w.dismissed.services[service]; ok && !since.Before(known.since) {
		return known.until, nil
	}
	until, err := w.closedByPerson(ctx, service, since, c)
	if err != nil {
		return time.Time{}, err
	}
	deleted, err := w.deletedByPerson(ctx, service, since)
	if err != nil {
		return time.Time{}, err
	}
	if deleted.After(until) {
		until = deleted
	}
	w.dismissed.services[service] = dismissal{since, until}
	return until, nil
}

func (w *work) closedByPerson(ctx context.Context, service string, since time.Time, c store.Contents) (last time.Time, err error) {
	for n := range c.Incidents {
		i := &c.Incidents[n]
		said := closedAt(i)
		if o, ok := parseOpener(i.Alert); !ok || o.service != service || i.Open() || said.Before(since) || !said.After(last) {
			continue
		}
		byPerson, err := w.touched(ctx, i.ID)
		if byPerson && err == nil {
			byPerson, err = w.changedByPerson(ctx, i.ID, said)
		}
		if err != nil {
			return last, err
		}
		if byPerson {
			last = said
		}
	}
	return last, nil
}

// closedAt returns when somebody said that the incident is over, whatever time they
// gave for its end.
func closedAt(i *statuspage.Incident) time.Time {
	at := i.Created // one that was over when it was entered
	for n := len(i.Updates) - 1; n >= 0; n-- {
		if u := &i.Updates[n]; u.Phase == statuspage.Resolved || u.Phase == statuspage.Postmortem {
			at = u.Created
			continue
		}
		break
	}
	return at
}

// changedByPerson tells who made the change of about that time: the nearest one.
func (w *work) changedByPerson(ctx context.Context, id string, at time.Time) (byPerson bool, err error) {
	entries, err := w.o.Store.Journal(ctx, id, 0, journalLook)
	nearest := time.Duration(-1)
	for _, e := range entries {
		if off := e.Time.Sub(at).Abs(); nearest < 0 || off < nearest {
			nearest, byPerson = off, e.Author != config.Program
		}
	}
	return byPerson, err
}

func (w *work) deletedByPerson(ctx context.Context, service string, since time.Time) (last time.Time, err error) {
	entries, err := w.o.Store.Journal(ctx, "", 0, journalLook)
	for _, e := range entries {
		if e.Time.Before(since) {
			break
		}
		var i statuspage.Incident
		if e.Kind != "incident" || e.After != nil || e.Author == config.Program || json.Unmarshal(e.Before, &i) != nil {
			continue
		}
		if o, ok := parseOpener(i.Alert); !ok || o.service != service {
			continue
		}
		at := e.Time
		if !i.Open() {
			at = closedAt(&i) // to tidy up is no word on what came later
		}
		if at.After(last) {
			last = at
		}
	}
	return last, err
}
