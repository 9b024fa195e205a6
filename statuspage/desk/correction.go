// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// MaxCorrections is how many corrections there can be.
const MaxCorrections = 1000

const (
	minCorrected = time.Minute // what days are counted in
	maxCorrected = 366 * day
)

// Corrections returns all corrections, the newest first.
func (d *Desk) Corrections(ctx context.Context) ([]statuspage.Correction, error) {
	c, err := d.o.Store.Contents(ctx)
	return newest(c.Corrections, func(c statuspage.Correction) time.Time { return c.Created }), err
}

// Correct declares that what was measured in a past interval was not so.
func (d *Desk) Correct(ctx context.Context, author string, in CorrectionInput) (made statuspage.Correction, err error) {
	err = d.change(ctx, author, func(tx *store.Tx) error {
		c, err := d.newCorrection(in)
		if err != nil {
			return err
		}
		all, err := tx.Corrections()
		if err != nil {
			return err
		}
		if len(all) >= MaxCorrections {
			return conflict(fmt.Sprintf("there are %d corrections; withdraw one first", len(all)))
		}
		if i := slices.IndexFunc(all, func(other statuspage.Correction) bool { return overlap(c, other) }); i >= 0 {
			return Invalid{{"from", fmt.Sprintf("begins an interval that overlaps with the correction %s, from %s to %s; "+
				"withdraw that one, or leave its interval or its components out", all[i].ID, stamp(all[i].From), stamp(all[i].To))}}
		}
		made = c
		return tx.PutCorrection(c)
	})
	return onlyIf(made, err)
}

func (d *Desk) newCorrection(in CorrectionInput) (statuspage.Correction, error) {
	var f faults
	now := d.now()
	c := statuspage.Correction{ID: newID(), Created: now, Status: status.Healthy}
	if c.Components = f.components(or(in.Components, nil), nil, d.o.Layout()); len(or(in.Components, nil)) == 0 {
		f.add("components", "is empty; name what was not as it was measured")
	}
	if in.From == nil {
		f.add("from", "is missing; say when the interval begins")
	} else {
		c.From = f.past("from", *in.From, now)
	}
	if in.To == nil {
		f.add("to", "is missing; say when the interval ends")
	} else {
		c.To = f.past("to", *in.To, now)
	}
	if in.From != nil && in.To != nil {
		switch length := c.To.Sub(c.From); {
		case length < minCorrected:
			f.add("to", "is %s, not a minute or more after from at %s", stamp(c.To), stamp(c.From))
		case length > maxCorrected:
			f.add("to", "is %s, more than 366 days after from; make several", stamp(c.To))
		}
	}
	if in.Status != nil && c.Status.UnmarshalText([]byte(*in.Status)) != nil {
		f.add("status", "is %s; it is one of healthy, sick, dead, unknown", quote(*in.Status))
	}
	c.Reason = f.text("reason", in.Reason, true)
	return c, f.err()
}

// overlap tells whether two corrections speak of the same minute of a component, or
// of a service and its node.
func overlap(a, b statuspage.Correction) bool {
	if !a.From.Before(b.To) || !b.From.Before(a.To) {
		return false
	}
	return slices.ContainsFunc(a.Components, func(x statuspage.Ref) bool {
		return slices.ContainsFunc(b.Components, func(y statuspage.Ref) bool {
			return x.Service == y.Service && (x.Node == y.Node || x.Node == "" || y.Node == "")
		})
	})
}

// WithdrawCorrection takes a correction back: what was measured counts again.
func (d *Desk) WithdrawCorrection(ctx context.Context, author, id string) error {
	return d.changeOne(ctx, author, id, func(tx *store.Tx) error { return tx.DeleteCorrection(id) })
}
