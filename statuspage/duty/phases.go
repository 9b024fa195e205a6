// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// lateEnd is how long after the end of maintenance it is still told: an instance may
// have been down.
const lateEnd = 24 * time.Hour

// phases says that maintenance has begun, and that it is over. What was said is found
// in the maintenance itself: so it is said once, whoever says it.
func (w *work) phases(ctx context.Context, c store.Contents, now time.Time) error {
	var errs []error
	for i := range c.Maintenances {
		m := &c.Maintenances[i]
		if o, ok := underWay(m, now); ok {
			if !said(m, o.Start, statuspage.InProgress, statuspage.Verifying, statuspage.Completed) {
				errs = append(errs, w.say(ctx, m, statuspage.InProgress, now))
			}
			continue // the end of the one before would be taken for its end
		}
		if o, ok := lastOver(m, now); ok && said(m, o.Start, statuspage.InProgress, statuspage.Verifying) && !said(m, o.Start, statuspage.Completed) {
			errs = append(errs, w.say(ctx, m, statuspage.Completed, o.End))
		}
	}
	return errors.Join(errs...)
}

func (w *work) say(ctx context.Context, m *statuspage.Maintenance, phase statuspage.Phase, at time.Time) error {
	key := "duty.begun"
	if phase == statuspage.Completed {
		key = "duty.over"
	}
	text, notify := w.words().Text(key), !m.Quiet
	_, err := w.o.Desk.UpdateMaintenance(ctx, config.Program, m.ID, desk.UpdateInput{Phase: &phase, Text: &text, Time: &at, Notify: &notify, Seen: &m.Updated})
	if changedMeanwhile(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("say that maintenance %s is %s: %w", m.ID, phase, err)
	}
	return nil
}

// said tells whether there is an update with one of the phases since the time.
func said(m *statuspage.Maintenance, since time.Time, phases ...statuspage.Phase) bool {
	return slices.ContainsFunc(m.Updates, func(u statuspage.Update) bool {
		return !u.Time.Before(since) && slices.Contains(phases, u.Phase)
	})
}

// lastOver returns the occurrence that ended last, not long ago.
func lastOver(m *statuspage.Maintenance, now time.Time) (last statuspage.Cut, ok bool) {
	for _, o := range m.Between(now.Add(-lateEnd), now, maxOccurrences) {
		if !o.End.After(now) {
			last, ok = o, true
		}
	}
	return last, ok
}

// changedMeanwhile tells whether somebody else was faster. The next round sees what
// they did.
func changedMeanwhile(err error) bool {
	return errors.Is(err, desk.ErrChanged) || errors.Is(err, desk.ErrNotFound)
}
