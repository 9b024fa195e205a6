// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// MaxOpen is how many incidents can be open at a time, drafts among them.
const MaxOpen = 1000

// Incidents returns all incidents, newest first, drafts too.
func (d *Desk) Incidents(ctx context.Context) ([]statuspage.Incident, error) {
	c, err := d.o.Store.Contents(ctx)
	return newest(c.Incidents, func(i statuspage.Incident) time.Time { return i.Started }), err
}

// Incident returns an incident, or ErrNotFound.
func (d *Desk) Incident(ctx context.Context, id string) (statuspage.Incident, error) {
	c, err := d.o.Store.Contents(ctx)
	return find(c.Incidents, err, func(i statuspage.Incident) bool { return i.ID == id })
}

// OpenIncident opens an incident, or enters one that is over.
func (d *Desk) OpenIncident(ctx context.Context, author string, in IncidentInput) (opened statuspage.Incident, err error) {
	err = d.change(ctx, author, func(tx *store.Tx) error {
		now := d.now()
		i, err := d.newIncident(in, now)
		if err != nil {
			return err
		}
		if err := roomForIncident(tx, i); err != nil {
			return err
		}
		opened = i
		if err := tx.PutIncident(i); err != nil || !or(in.Notify, i.Open()) || i.Draft {
			return err
		}
		return tellIncident(tx, i, i.Updates[0].ID, now)
	})
	return onlyIf(opened, err)
}

func (d *Desk) newIncident(in IncidentInput, now time.Time) (statuspage.Incident, error) {
	var f faults
	i := statuspage.Incident{
		ID: newID(), Draft: or(in.Draft, false), Alert: in.Alert, Updates: []statuspage.Update{}, Created: now, Updated: now,
		Title:      f.title("title", in.Title, "say in a few words what is wrong"),
		Impact:     oneOf(&f, "impact", or(in.Impact, statuspage.ImpactMinor), statuspage.Impacts()),
		Components: f.components(or(in.Components, nil), nil, d.o.Layout()),
		Started:    f.past("started", or(in.Started, now), now),
	}
	if in.Resolved != nil {
		i.Resolved = f.past("resolved", *in.Resolved, now)
	}
	f.firstUpdate(&i, in, now)
	f.order(i, "started")
	return i, f.err()
}

// firstUpdate begins the timeline. A draft can do without: its phase is asked for
// again when there is a text.
func (f *faults) firstUpdate(i *statuspage.Incident, in IncidentInput, now time.Time) {
	u := statuspage.Update{ID: newID(), Phase: statuspage.Investigating, Time: now, Created: now}
	over := !i.Resolved.IsZero()
	if over {
		u.Phase, u.Time = statuspage.Resolved, i.Resolved
	}
	u.Phase = oneOf(f, "phase", or(in.Phase, u.Phase), statuspage.IncidentPhases())
	if over && u.Phase != statuspage.Resolved {
		f.add("phase", "is %s, though resolved says that the incident is over; leave out one of them", quote(string(u.Phase)))
	}
	u.Text = f.text("text", in.Text, !i.Draft || over)
	if u.Text == "" {
		return
	}
	i.Updates = append(i.Updates, u)
	f.settle(i, time.Time{}, "phase")
}

func roomForIncident(tx *store.Tx, i statuspage.Incident) error {
	if !i.Open() {
		return nil
	}
	all, err := tx.Incidents()
	if err != nil {
		return err
	}
	open := 0
	for _, other := range all {
		if !other.Open() {
			continue
		}
		open++
		if i.Alert != "" && other.Alert == i.Alert {
			return overtaken("the alert has opened an incident already")
		}
	}
	if open >= MaxOpen {
		return conflict(fmt.Sprintf("there are %d open incidents; resolve one first, or delete a draft", open))
	}
	return nil
}

// ChangeIncident changes an incident, and publishes a draft if Draft says so. Phase
// and Text are those of the first update of a draft; what is public has updates.
func (d *Desk) ChangeIncident(ctx context.Context, author, id string, in IncidentInput) (changed statuspage.Incident, err error) {
	err = d.changeOne(ctx, author, id, func(tx *store.Tx) error {
		i, err := tx.Incident(id)
		if err != nil {
			return err
		}
		if err := unchanged(in.Seen, i.Updated); err != nil {
			return err
		}
		now, wasDraft := d.now(), i.Draft
		if err := d.changed(&i, in, now); err != nil {
			return err
		}
		changed = i
		if err := tx.PutIncident(i); err != nil || !wasDraft || i.Draft || !or(in.Notify, i.Open()) {
			return err
		}
		return tellIncident(tx, i, i.Updates[len(i.Updates)-1].ID, now)
	})
	return onlyIf(changed, err)
}

func (d *Desk) changed(i *statuspage.Incident, in IncidentInput, now time.Time) error {
	var f faults
	if in.Title != nil {
		i.Title = f.title("title", in.Title, "say in a few words what is wrong")
	}
	if in.Impact != nil {
		i.Impact = oneOf(&f, "impact", *in.Impact, statuspage.Impacts())
	}
	if in.Components != nil {
		i.Components = f.components(*in.Components, i.Components, d.o.Layout())
	}
	if in.Started != nil {
		i.Started = f.past("started", *in.Started, now)
	}
	switch {
	case in.Resolved == nil:
	case i.Open():
		f.add("resolved", "can't be given while the incident is open; add an update with the phase resolved")
	default:
		i.Resolved = f.past("resolved", *in.Resolved, now)
	}
	f.draft(i, in, now)
	f.order(*i, "started")
	i.Updated = now
	return f.err()
}

// draft changes what can be changed only in a draft, and publishes it.
func (f *faults) draft(i *statuspage.Incident, in IncidentInput, now time.Time) {
	switch {
	case !i.Draft && or(in.Draft, false):
		f.add("draft", "can't be true again: people have seen the incident; delete it if it was a mistake")
	case in.Phase == nil && in.Text == nil:
	case !i.Draft:
		f.add("text", "is of an update, as the phase is, since the incident is public; add an update, or edit one")
	case len(i.Updates) == 0:
		f.firstUpdate(i, in, now)
	default:
		f.edit(i, 0, UpdateInput{Phase: in.Phase, Text: in.Text}, now)
	}
	i.Draft = i.Draft && or(in.Draft, true)
	if !i.Draft && len(i.Updates) == 0 && f.all == nil {
		f.add("text", "is missing; say what people should know, in Markdown")
	}
}

// DeleteIncident deletes an incident, as if it had never been. The journal keeps it.
func (d *Desk) DeleteIncident(ctx context.Context, author, id string) error {
	return d.changeOne(ctx, author, id, func(tx *store.Tx) error { return tx.DeleteIncident(id) })
}

// DeleteDraft deletes a draft that nobody has changed since it was seen.
func (d *Desk) DeleteDraft(ctx context.Context, author, id string, seen time.Time) error {
	return d.changeOne(ctx, author, id, func(tx *store.Tx) error {
		i, err := tx.Incident(id)
		if err == nil {
			err = unchanged(&seen, i.Updated)
		}
		if err != nil {
			return err
		}
		if !i.Draft {
			return conflict("the incident is public; people have seen it")
		}
		return tx.DeleteIncident(id)
	})
}

// onlyIf returns what a change made, if it was made.
func onlyIf[T any](made T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return made, nil
}
