// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// MaxUpdates is how many updates an incident or a maintenance can have.
const MaxUpdates = 200

// UpdateIncident adds an update. One that says resolved closes the incident; one that
// says investigating, identified or monitoring after that opens it again. Whoever says
// resolved of what is, has not seen that somebody was faster.
func (d *Desk) UpdateIncident(ctx context.Context, author, id string, in UpdateInput) (statuspage.Incident, error) {
	return d.withUpdates(ctx, author, id, in.Seen, func(tx *store.Tx, i *statuspage.Incident, now time.Time) error {
		u, err := d.addUpdate(i, in, now)
		if err != nil || !or(in.Notify, true) {
			return err
		}
		return tellIncident(tx, *i, u, now)
	})
}

func (d *Desk) addUpdate(i *statuspage.Incident, in UpdateInput, now time.Time) (id string, err error) {
	// What closes an incident always has room.
	if len(i.Updates) >= MaxUpdates && (!i.Open() || or(in.Phase, "") != statuspage.Resolved) {
		return "", conflict(fmt.Sprintf("there are %d updates; edit or delete one", len(i.Updates)))
	}
	var f faults
	u := f.update(in, now)
	before := phaseAt(i.Updates, u.Time, statuspage.Investigating)
	u.Phase = oneOf(&f, "phase", or(in.Phase, before), statuspage.IncidentPhases())
	if in.Phase != nil && u.Phase == statuspage.Resolved && (before == statuspage.Resolved || before == statuspage.Postmortem) {
		return "", conflict("the incident is resolved already; to say more of it leave out the phase, or edit the update that says so")
	}
	if in.Impact != nil {
		i.Impact = oneOf(&f, "impact", *in.Impact, statuspage.Impacts())
	}
	if in.Components != nil {
		i.Components = f.components(*in.Components, i.Components, d.o.Layout())
	}
	over, _ := overSince(i.Updates)
	i.Updates = append(i.Updates, u)
	f.settle(i, over, "phase")
	f.order(*i, "time")
	return u.ID, f.err()
}

// update reads all but the phase.
func (f *faults) update(in UpdateInput, now time.Time) statuspage.Update {
	return statuspage.Update{
		ID: newID(), Created: now,
		Text: f.text("text", in.Text, true),
		Time: f.past("time", or(in.Time, now), now),
	}
}

const elsewhere = "is not part of an update that is there; change the incident itself"

// EditUpdate changes an update.
func (d *Desk) EditUpdate(ctx context.Context, author, id, update string, in UpdateInput) (statuspage.Incident, error) {
	return d.withUpdates(ctx, author, id, in.Seen, func(tx *store.Tx, i *statuspage.Incident, now time.Time) error {
		at := indexOf(i.Updates, update)
		if at < 0 {
			return ErrNotFound
		}
		var f faults
		if in.Impact != nil {
			f.add("impact", elsewhere)
		}
		if in.Components != nil {
			f.add("components", elsewhere)
		}
		f.edit(i, at, in, now)
		f.order(*i, "time")
		if err := f.err(); err != nil || !or(in.Notify, false) {
			return err
		}
		return tellIncident(tx, *i, update, now)
	})
}

// edit changes the update at a place of the timeline.
func (f *faults) edit(i *statuspage.Incident, at int, in UpdateInput, now time.Time) {
	over, _ := overSince(i.Updates)
	u := &i.Updates[at]
	if in.Text != nil {
		u.Text = f.text("text", in.Text, true)
	}
	if in.Phase != nil {
		u.Phase = oneOf(f, "phase", *in.Phase, statuspage.IncidentPhases())
	}
	if in.Time != nil {
		u.Time = f.past("time", *in.Time, now)
	}
	u.Edited = now
	f.settle(i, over, "phase")
}

// DeleteUpdate deletes an update, but never the only one of what is public.
func (d *Desk) DeleteUpdate(ctx context.Context, author, id, update string) (statuspage.Incident, error) {
	return d.withUpdates(ctx, author, id, nil, func(_ *store.Tx, i *statuspage.Incident, _ time.Time) error {
		at := indexOf(i.Updates, update)
		if at < 0 {
			return ErrNotFound
		}
		if len(i.Updates) == 1 && !i.Draft {
			return conflict("it is the only update; edit it, or delete the incident")
		}
		over, _ := overSince(i.Updates)
		i.Updates = slices.Delete(i.Updates, at, at+1)
		var f faults
		if f.settle(i, over, "phase"); f.all != nil {
			return conflict("a postmortem would be left that no update with the phase resolved precedes; delete it first")
		}
		return nil
	})
}

// withUpdates changes the timeline of an incident, as it was seen.
func (d *Desk) withUpdates(ctx context.Context, author, id string, seen *time.Time, f func(*store.Tx, *statuspage.Incident, time.Time) error) (changed statuspage.Incident, err error) {
	err = d.changeOne(ctx, author, id, func(tx *store.Tx) error {
		i, err := tx.Incident(id)
		if err == nil {
			err = unchanged(seen, i.Updated)
		}
		if err != nil {
			return err
		}
		now := d.now()
		if err := f(tx, &i, now); err != nil {
			return err
		}
		i.Updated = now
		changed = i
		return tx.PutIncident(i)
	})
	return onlyIf(changed, err)
}
