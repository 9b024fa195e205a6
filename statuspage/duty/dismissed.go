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
	until    map[string]time.Time
}

// dismissedUntil returns when that was for a service, the zero time if it never was.
func (w *work) dismissedUntil(ctx context.Context, service string, c store.Contents) (time.Time, error) {
	if w.dismissed.until == nil || w.dismissed.revision != c.Revision {
		w.dismissed = dismissals{c.Revision, map[string]time.Time{}}
	}
	if at, ok := w.dismissed.until[service]; ok {
		return at, nil
	}
	closed, err := w.closedByPerson(ctx, service, c)
	if err != nil {
		return time.Time{}, err
	}
	at, err := w.deletedByPerson(ctx, service)
	if err != nil {
		return time.Time{}, err
	}
	if closed.After(at) {
		at = closed
	}
	w.dismissed.until[service] = at
	return at, nil
}

func (w *work) closedByPerson(ctx context.Context, service string, c store.Contents) (last time.Time, err error) {
	for n := range c.Incidents {
		i := &c.Incidents[n]
		if o, ok := parseOpener(i.Alert); !ok || o.service != service || i.Open() {
			continue
		}
		said := closedAt(i)
		if !said.After(last) {
			continue
		}
		author, err := w.authorAt(ctx, i.ID, said)
		if err != nil {
			return last, err
		}
		if author != config.Program {
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

// authorAt returns who changed something at about that time: whose change is nearest.
func (w *work) authorAt(ctx context.Context, id string, at time.Time) (author string, err error) {
	entries, err := w.o.Store.Journal(ctx, id, 0, journalLook)
	nearest := time.Duration(-1)
	for _, e := range entries {
		if off := e.Time.Sub(at).Abs(); nearest < 0 || off < nearest {
			nearest, author = off, e.Author
		}
	}
	return author, err
}

func (w *work) deletedByPerson(ctx context.Context, service string) (last time.Time, err error) {
	entries, err := w.o.Store.Journal(ctx, "", 0, journalLook)
	for _, e := range entries {
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
