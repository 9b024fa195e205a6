// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// MaxPlanned is how many maintenances can be planned or under way at a time.
const MaxPlanned = 500

// Maintenances returns all of it, that which begins last first.
func (d *Desk) Maintenances(ctx context.Context) ([]statuspage.Maintenance, error) {
	c, err := d.o.Store.Contents(ctx)
	return newest(c.Maintenances, func(m statuspage.Maintenance) time.Time { return m.Start }), err
}

// Maintenance returns one, or ErrNotFound.
func (d *Desk) Maintenance(ctx context.Context, id string) (statuspage.Maintenance, error) {
	c, err := d.o.Store.Contents(ctx)
	return find(c.Maintenances, err, func(m statuspage.Maintenance) bool { return m.ID == id })
}

// Next returns the occurrence that is under way, and those to come, at most limit.
func (d *Desk) Next(m statuspage.Maintenance, limit int) []statuspage.Cut {
	return ahead(m, d.now(), limit)
}

func ahead(m statuspage.Maintenance, now time.Time, limit int) []statuspage.Cut {
	if m.Cancelled {
		return nil
	}
	return m.Between(now, now.Add(horizon), limit)
}

// running returns the occurrence that is under way.
func running(m statuspage.Maintenance, now time.Time) (statuspage.Cut, bool) {
	if all := ahead(m, now, 1); len(all) == 1 && !all[0].Start.After(now) {
		return all[0], true
	}
	return statuspage.Cut{}, false
}

// begun tells whether it has taken place, be it in part.
func begun(m statuspage.Maintenance, now time.Time) bool {
	return len(m.Between(m.Start, now.Add(time.Millisecond), 1)) > 0
}

// PlanMaintenance plans maintenance.
func (d *Desk) PlanMaintenance(ctx context.Context, author string, in MaintenanceInput) (planned statuspage.Maintenance, err error) {
	err = d.change(ctx, author, func(tx *store.Tx) error {
		now := d.now()
		m, err := d.newMaintenance(in, now)
		if err != nil {
			return err
		}
		if err := roomForMaintenance(tx, now); err != nil {
			return err
		}
		planned = m
		if err := tx.PutMaintenance(m); err != nil || !or(in.Notify, true) {
			return err
		}
		return tellMaintenance(tx, m, "", now)
	})
	return onlyIf(planned, err)
}

func (d *Desk) newMaintenance(in MaintenanceInput, now time.Time) (statuspage.Maintenance, error) {
	var f faults
	m := statuspage.Maintenance{
		ID: newID(), TimeZone: time.UTC.String(), Created: now, Updated: now,
		Title:      f.title("title", in.Title, "say in a few words what is planned"),
		Text:       f.text("text", in.Text, false),
		Components: f.components(or(in.Components, nil), nil, d.o.Layout()),
		Quiet:      or(in.Quiet, false),
	}
	if in.Start == nil {
		f.add("start", "is missing; say when the work begins")
	}
	if in.End == nil {
		f.add("end", "is missing; say when the work ends")
	}
	f.schedule(&m, in)
	if in.Start != nil && in.End != nil {
		f.times(m, now)
	}
	return m, f.err()
}

func roomForMaintenance(tx *store.Tx, now time.Time) error {
	all, err := tx.Maintenances()
	if err != nil {
		return err
	}
	planned := 0
	for _, m := range all {
		if len(ahead(m, now, 1)) > 0 {
			planned++
		}
	}
	if planned >= MaxPlanned {
		return conflict(fmt.Sprintf("there are %d planned maintenances; cancel one first", planned))
	}
	return nil
}

// ChangeMaintenance changes maintenance. Of what has begun, the past stays: only the
// end of one that takes place once can move.
func (d *Desk) ChangeMaintenance(ctx context.Context, author, id string, in MaintenanceInput) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, in.Seen, func(tx *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		var f faults
		m.Quiet = or(in.Quiet, m.Quiet)
		if in.Title != nil {
			m.Title = f.title("title", in.Title, "say in a few words what is planned")
		}
		if in.Text != nil {
			m.Text = f.text("text", in.Text, false)
		}
		if in.Components != nil {
			m.Components = f.components(*in.Components, m.Components, d.o.Layout())
		}
		was := *m
		f.schedule(m, in)
		moved := !sameTimes(was, *m)
		if moved {
			if err := movable(was, *m, now); err != nil {
				return err
			}
			if f.times(*m, now); f.all == nil {
				m.Cuts = stillCuts(*m)
			}
			m.Sequence++
		}
		if err := f.err(); err != nil || !or(in.Notify, moved) {
			return err
		}
		return tellMaintenance(tx, *m, "", now)
	})
}

// EndMaintenance ends the occurrence that is under way, now.
func (d *Desk) EndMaintenance(ctx context.Context, author, id string) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, nil, func(tx *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		run, ok := running(*m, now)
		if !ok {
			return conflict("the maintenance is not under way; cancel it, or skip an occurrence")
		}
		u := statuspage.Update{ID: newID(), Phase: statuspage.Completed, Time: now, Created: now}
		cut(m, statuspage.Cut{Start: run.Start, End: now})
		addTo(m, u)
		if m.Quiet {
			return nil
		}
		return tellMaintenance(tx, *m, u.ID, now)
	})
}

// SkipOccurrence calls off the occurrence that begins at start.
func (d *Desk) SkipOccurrence(ctx context.Context, author, id string, start time.Time) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, nil, func(tx *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		start := moment(start)
		switch {
		case m.Cancelled:
			return conflict("the maintenance is cancelled")
		case m.RRule == "":
			return conflict("the maintenance takes place once; cancel it")
		case !beginsAt(*m, start):
			return Invalid{{"start", "is " + stamp(start) + "; " + nextDates(*m, now)}}
		case !start.After(now):
			return conflict("the occurrence has begun; end it")
		}
		cut(m, statuspage.Cut{Start: start, End: start})
		return tellMaintenance(tx, *m, "", now)
	})
}

// CancelMaintenance calls all of it off.
func (d *Desk) CancelMaintenance(ctx context.Context, author, id string) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, nil, func(tx *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		_, underWay := running(*m, now)
		switch {
		case m.Cancelled:
			return conflict("the maintenance is cancelled already")
		case underWay:
			return conflict("the maintenance is under way; end it first")
		case len(ahead(*m, now, 1)) == 0:
			return conflict("the maintenance is over")
		}
		m.Cancelled = true
		m.Sequence++
		return tellMaintenance(tx, *m, "", now)
	})
}

// DeleteMaintenance deletes it, as if it had never been. The journal keeps it.
func (d *Desk) DeleteMaintenance(ctx context.Context, author, id string) error {
	return d.changeOne(ctx, author, id, func(tx *store.Tx) error { return tx.DeleteMaintenance(id) })
}

func (d *Desk) withMaintenance(ctx context.Context, author, id string, seen *time.Time, f func(*store.Tx, *statuspage.Maintenance, time.Time) error) (changed statuspage.Maintenance, err error) {
	err = d.changeOne(ctx, author, id, func(tx *store.Tx) error {
		m, err := tx.Maintenance(id)
		if err == nil {
			err = unchanged(seen, m.Updated)
		}
		if err != nil {
			return err
		}
		now := d.now()
		if err := f(tx, &m, now); err != nil {
			return err
		}
		m.Updated = now
		changed = m
		return tx.PutMaintenance(m)
	})
	return onlyIf(changed, err)
}
