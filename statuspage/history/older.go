// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

// readOlder asks for the days before those that are known, as many as the first time,
// until there are none.
func (k *Keeper) readOlder(ctx context.Context, source statuspage.Source, now time.Time) (changed bool) {
	for asked := 0; asked < firstDays && ctx.Err() == nil; {
		k.mu.Lock()
		last, span := k.days.older, k.days.span()
		k.mu.Unlock()
		if last.IsZero() {
			return changed
		}
		days, err := source.Days(ctx, last.AddDate(0, 0, 1-span), last)
		some, ok := k.takeOlder(source, days, err, span, now)
		if !ok {
			return changed
		}
		asked, changed = asked+span, changed || some
	}
	return changed
}

// takeOlder takes over what the source said of the days that are the next ones.
func (k *Keeper) takeOlder(source statuspage.Source, days statuspage.Days, err error, span int, now time.Time) (some, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case !same(source, k.source):
		return false, false
	case err != nil:
		k.days.tooMany(err)
		k.failed("older days", err)
		return false, false
	}
	k.worked("older days")
	k.takeLocked(days, now)
	d := &k.days
	d.older = d.older.AddDate(0, 0, -span)
	d.empty += span
	if some = len(days.Nodes)+len(days.Services) > 0; some {
		d.empty = 0
	}
	if d.empty >= firstDays || k.history.Today.Sub(d.older) > maxDays*dayLength {
		d.older = time.Time{}
	}
	return some, true
}
