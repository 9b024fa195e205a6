// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"errors"
	"time"

	"github.com/pharos-status/pharos/statuspage"
)

const (
	dayLength = 24 * time.Hour
	firstDays = 90               // that are asked for at a time, at first with today
	maxDays   = 10 * 366         // that are remembered
	finalFrom = 65 * time.Minute // after the end of a day its sums are all recorded
)

// daysState is how far the reading of days is.
type daysState struct {
	asked   time.Time // when it was answered last
	next    time.Time // when to ask again
	done    time.Time // the first day that this source was not asked for when it was final
	settled time.Time // the first day that is not final in the history; zero if nothing was read yet
	older   time.Time // the last of the days before those that were asked for; zero if nothing is left to ask
	empty   int       // so many days after older had nothing
	shorter int       // days that are asked for at a time, by so many less than firstDays
	unsaved statuspage.Intervals
}

func (d *daysState) forget() {
	*d = daysState{asked: d.asked, settled: d.settled, unsaved: d.unsaved}
}

// span returns how many days are asked for at a time.
func (d *daysState) span() int { return firstDays - d.shorter }

// tooMany asks for half as many days from now on if there was no time for more.
func (d *daysState) tooMany(err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		d.shorter = firstDays - max(1, d.span()/2)
	}
}

// final tells whether a day is over and summed.
func final(day, now time.Time) bool { return !now.Before(day.Add(dayLength + finalFrom)) }

// readDays asks for the days that are not known for good, if that is due.
func (k *Keeper) readDays(ctx context.Context, source statuspage.Source, now time.Time) (changed bool) {
	first, today, due := k.daysDue(now)
	if !due {
		return false
	}
	days, err := source.Days(ctx, first, today)

	k.mu.Lock()
	defer k.mu.Unlock()
	if !same(source, k.source) {
		return false // what it said is of no use any more
	}
	if err != nil {
		k.days.next = now.Add(again)
		k.days.tooMany(err)
		k.failed("days", err)
		return false
	}
	k.worked("days")
	begins := k.days.done.IsZero()
	k.takeLocked(days, now)
	k.days.asked, k.days.next = now, now.Add(pace)
	if k.days.done = today; !final(today.Add(-dayLength), now) {
		k.days.done = today.Add(-dayLength)
	}
	k.settleLocked(days)
	if begins {
		k.days.older = first.Add(-dayLength)
	}
	return true
}

// daysDue tells whether days are to be asked for, and which.
func (k *Keeper) daysDue(now time.Time) (first, today time.Time, due bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	today = k.history.Today
	newDay := k.days.asked.Before(today) && !k.days.asked.IsZero() && k.days.next.Sub(now) > again
	if now.Before(k.days.next) && !newDay {
		return time.Time{}, time.Time{}, false
	}
	first = today.AddDate(0, 0, 1-k.days.span())
	if k.days.done.After(first) {
		first = k.days.done
	}
	return first, today, true
}

// takeLocked takes over what the source said, and remembers what is to be saved of it.
func (k *Keeper) takeLocked(days statuspage.Days, now time.Time) {
	h := k.history
	var news statuspage.Intervals
	at := moment{today: h.Today, now: now, settled: k.days.settled}
	h.Nodes, news.Nodes = merged(h.Nodes, days.Nodes, at)
	h.Services, news.Services = merged(h.Services, days.Services, at)
	h.Weights = days.Weights
	k.history = h
	k.days.unsaved.Nodes = joined(k.days.unsaved.Nodes, news.Nodes)
	k.days.unsaved.Services = joined(k.days.unsaved.Services, news.Services)
}

// settleLocked moves on to the first day that is not final. Of what is final, and was
// missing in the answer though it was known before, nothing more will be said: the
// one sum of a day is not there if nobody could record it within its hour.
func (k *Keeper) settleLocked(said statuspage.Days) {
	if settled := k.days.settled; !settled.IsZero() {
		for day := settled; day.Before(k.days.done); day = day.Add(dayLength) {
			i := age(day, k.history.Today)
			k.days.unsaved.Nodes = joined(k.days.unsaved.Nodes, missing(k.history.Nodes, said.Nodes, day, i))
			k.days.unsaved.Services = joined(k.days.unsaved.Services, missing(k.history.Services, said.Services, day, i))
		}
	}
	k.days.settled = k.days.done
}
