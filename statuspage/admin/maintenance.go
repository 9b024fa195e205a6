// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

// shownDates is how many of the dates to come are shown.
const shownDates = 6

// A planned maintenance, and when it takes place.
type planned struct {
	statuspage.Maintenance
	Dates []date
}

// A date is an occurrence, in the zone of its maintenance.
type date struct {
	Start, End time.Time
	Day, Hours string // in that zone
	Now        bool   // it is under way
	Key        string // names it in a form
}

func (f *frame) plannedOf(m statuspage.Maintenance) planned {
	p := planned{Maintenance: m}
	for _, c := range f.admin.Desk.Next(m, shownDates) {
		p.Dates = append(p.Dates, f.dateOf(c, zoneOf(m.TimeZone)))
	}
	return p
}

func (f *frame) dateOf(c statuspage.Cut, zone *time.Location) date {
	start, end := c.Start.In(zone), c.End.In(zone)
	d := date{Start: c.Start, End: c.End, Day: start.Format("Mon 2 Jan 2006"), Key: version(c.Start), Now: !c.Start.After(f.admin.Now())}
	if sameDay := start.Format(time.DateOnly) == end.Format(time.DateOnly); sameDay {
		d.Hours = start.Format("15:04") + "–" + end.Format("15:04 MST")
	} else {
		d.Hours = start.Format("15:04") + " – " + end.Format("Mon 2 Jan, 15:04 MST")
	}
	return d
}

// Text writes when the occurrence begins and ends: Tue 3 Nov 2026, 22:00–23:30 CET.
func (d date) Text() string { return d.Day + ", " + d.Hours }

// zoneOf returns a time zone by name, UTC if there is none such.
func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil && name != "Local" {
		return zone
	}
	return time.UTC
}

// maintenancesPage is what maintenances.html shows.
type maintenancesPage struct {
	frame
	Now, Next    []planned
	Past         []statuspage.Maintenance
	Newer, Older int
}

func (a *Admin) maintenances(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := &maintenancesPage{frame: a.newFrame(r, v, "Maintenance", "maintenance")}
	all, err := a.Desk.Maintenances(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	p.Now, p.Next, p.Past = p.byTime(all)
	p.Past, p.Newer, p.Older = paged(p.Past, r)
	a.render(w, http.StatusOK, "maintenances", p)
	return nil
}

// byTime tells what is under way from what is to come, the next one first, and from
// what is over.
func (f *frame) byTime(all []statuspage.Maintenance) (now, next []planned, past []statuspage.Maintenance) {
	for _, m := range all {
		switch p := f.plannedOf(m); {
		case len(p.Dates) == 0:
			past = append(past, m)
		case p.Dates[0].Now:
			now = append(now, p)
		default:
			next = append(next, p)
		}
	}
	slices.SortStableFunc(next, func(a, b planned) int { return a.Dates[0].Start.Compare(b.Dates[0].Start) })
	return now, next, past
}

// maintenancePage is what maintenance.html shows.
type maintenancePage struct {
	frame
	Planned  planned
	Timeline []statuspage.Update // newest first
	Form     *form               // of the next update
}

// UnderWay tells whether an occurrence is under way.
func (p *maintenancePage) UnderWay() bool { return len(p.Planned.Dates) > 0 && p.Planned.Dates[0].Now }

func (a *Admin) maintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showMaintenance(w, r, v, nil, http.StatusOK)
}

func (a *Admin) foundMaintenance(r *http.Request, f *frame) (statuspage.Maintenance, error) {
	m, err := a.Desk.Maintenance(r.Context(), r.PathValue("id"))
	if err := f.know(err); err != nil {
		return m, err
	}
	if m.ID == "" {
		return m, store.ErrAway
	}
	return m, nil
}

func (a *Admin) showMaintenance(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &maintenancePage{frame: a.newFrame(r, v, "", "maintenance"), Form: f}
	m, err := a.foundMaintenance(r, &p.frame)
	if err != nil {
		return err
	}
	p.Title, p.Planned, p.Wide = m.Title, p.plannedOf(m), true
	p.Timeline = slices.Clone(m.Updates)
	slices.Reverse(p.Timeline)
	if f == nil {
		phase := statuspage.Scheduled
		if p.UnderWay() {
			phase = statuspage.InProgress
		}
		p.Form = newForm("phase", string(phase), "notify", "yes", "version", version(m.Updated))
	}
	a.render(w, code, "maintenance", p)
	return nil
}

func (a *Admin) postMaintenanceUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showMaintenance(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	id := r.PathValue("id")
	now, err := a.Desk.Maintenance(r.Context(), id)
	return f.change(w, r, now.Updated, err, func(ctx context.Context, seen *time.Time) error {
		in, err := f.updateInput()
		if err != nil {
			return err
		}
		in.Seen = seen
		_, err = a.Desk.UpdateMaintenance(ctx, v.user, id, in)
		return err
	}, func() { done(w, r, "/admin/maintenance/"+id, "updated") }, again)
}

func (a *Admin) endMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	if _, err := a.Desk.EndMaintenance(r.Context(), v.user, id); err != nil {
		return err
	}
	done(w, r, "/admin/maintenance/"+id, "ended")
	return nil
}

func (a *Admin) skipOccurrence(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	start, err := time.Parse(time.RFC3339Nano, r.PostForm.Get("start"))
	if err != nil {
		return problem{Code: http.StatusUnprocessableEntity, Title: "Which date?", Text: "The date to call off is not readable. Nothing was changed."}
	}
	if _, err := a.Desk.SkipOccurrence(r.Context(), v.user, id, start); err != nil {
		return err
	}
	done(w, r, "/admin/maintenance/"+id, "skipped")
	return nil
}

func (a *Admin) cancelMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	if _, err := a.Desk.CancelMaintenance(r.Context(), v.user, id); err != nil {
		return err
	}
	done(w, r, "/admin/maintenance/"+id, "cancelled")
	return nil
}

func (a *Admin) deleteMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := a.Desk.DeleteMaintenance(r.Context(), v.user, r.PathValue("id")); err != nil {
		return err
	}
	done(w, r, "/admin/maintenance", "deleted")
	return nil
}
