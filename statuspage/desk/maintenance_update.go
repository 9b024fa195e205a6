// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// UpdateMaintenance adds an update. The phase completed ends the occurrence that is
// under way.
func (d *Desk) UpdateMaintenance(ctx context.Context, author, id string, in UpdateInput) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, in.Seen, func(tx *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		if m.Cancelled {
			return conflict("the maintenance is cancelled")
		}
		var f faults
		u := f.update(in, now)
		u.Phase = oneOf(&f, "phase", or(in.Phase, phaseNow(*m, now)), statuspage.MaintenancePhases())
		if in.Impact != nil {
			f.add("impact", "is of incidents alone; leave it out")
		}
		if in.Components != nil {
			m.Components = f.components(*in.Components, m.Components, d.o.Layout())
		}
		f.fits(*m, u, now)
		if err := f.err(); err != nil {
			return err
		}
		if run, ok := running(*m, now); ok && u.Phase == statuspage.Completed {
			cut(m, statuspage.Cut{Start: run.Start, End: u.Time})
		}
		addTo(m, u)
		if !or(in.Notify, true) {
			return nil
		}
		return tellMaintenance(tx, *m, u.ID, now)
	})
}

// EditMaintenanceUpdate changes what an update says. Its phase and its time stay: by
// them the maintenance is known to have begun and to be over.
func (d *Desk) EditMaintenanceUpdate(ctx context.Context, author, id, update string, in UpdateInput) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, in.Seen, func(tx *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		at := indexOf(m.Updates, update)
		if at < 0 {
			return ErrNotFound
		}
		var f faults
		for field, given := range map[string]bool{"phase": in.Phase != nil, "time": in.Time != nil} {
			if given {
				f.add(field, "can't change; delete the update and add another")
			}
		}
		if in.Impact != nil {
			f.add("impact", "is of incidents alone; leave it out")
		}
		if in.Components != nil {
			f.add("components", elsewhere)
		}
		if u := &m.Updates[at]; in.Text != nil {
			u.Text, u.Edited = f.text("text", in.Text, true), now
		}
		if err := f.err(); err != nil || !or(in.Notify, false) {
			return err
		}
		return tellMaintenance(tx, *m, update, now)
	})
}

// DeleteMaintenanceUpdate deletes an update. One that alone says that the maintenance
// has begun, or is over, stays: otherwise that would be said again by itself. What an
// update has ended stays so.
func (d *Desk) DeleteMaintenanceUpdate(ctx context.Context, author, id, update string) (statuspage.Maintenance, error) {
	return d.withMaintenance(ctx, author, id, nil, func(_ *store.Tx, m *statuspage.Maintenance, now time.Time) error {
		at := indexOf(m.Updates, update)
		if at < 0 {
			return ErrNotFound
		}
		u := m.Updates[at]
		m.Updates = slices.Delete(m.Updates, at, at+1)
		run, underWay := running(*m, now)
		switch {
		case underWay && !u.Time.Before(run.Start) && u.Phase != statuspage.Scheduled && !saidSince(m.Updates, run.Start, statuspage.InProgress, statuspage.Verifying):
			return conflict("it is the only update that says that the maintenance has begun; edit it")
		case u.Phase == statuspage.Completed && unfinished(m.Updates, u.Time):
			return conflict("it says that the maintenance is over; edit it, or delete the updates before it first")
		}
		return nil
	})
}

// saidSince tells whether an update since then has one of the phases.
func saidSince(updates []statuspage.Update, since time.Time, phases ...statuspage.Phase) bool {
	return slices.ContainsFunc(updates, func(u statuspage.Update) bool {
		return !u.Time.Before(since) && slices.Contains(phases, u.Phase)
	})
}

// unfinished tells whether the updates leave it open at a time that a maintenance which
// has begun is over.
func unfinished(updates []statuspage.Update, at time.Time) bool {
	before := slices.DeleteFunc(slices.Clone(updates), func(u statuspage.Update) bool { return u.Time.After(at) || u.Phase == statuspage.Scheduled })
	return phaseAt(before, at, statuspage.Completed) != statuspage.Completed
}

// addTo adds an update. One that recurs for years loses the oldest: the journal has them.
func addTo(m *statuspage.Maintenance, u statuspage.Update) {
	m.Updates = append(m.Updates, u)
	sortUpdates(m.Updates)
	m.Updates = slices.Delete(m.Updates, 0, max(0, len(m.Updates)-MaxUpdates))
}
