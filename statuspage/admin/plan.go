// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// planPage is what plan.html shows: a new maintenance, or the change of one.
type planPage struct {
	frame
	Form   *form
	Change *statuspage.Maintenance // nil: a new one
	Dates  dates
}

// dates is what dates.html shows: when what the form says would take place.
type dates struct {
	Faults []string
	All    []date
	More   bool // it goes on after those
}

// custom is the choice of a rule of one's own.
const custom = "custom"

// Repeats are the usual rules.
func (p *planPage) Repeats() []option {
	return []option{
		{"", "Once", ""},
		{"FREQ=DAILY", "Every day", ""},
		{"FREQ=WEEKLY", "Every week", ""},
		{"FREQ=WEEKLY;INTERVAL=2", "Every two weeks", ""},
		{"FREQ=MONTHLY", "Every month, same date", ""},
		{custom, "By a rule …", ""},
	}
}

func (p *planPage) known(rule string) bool {
	for _, o := range p.Repeats() {
		if o.Value == rule {
			return true
		}
	}
	return false
}

func (a *Admin) newMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := newForm("time_zone", "UTC", "notify", "yes", "begin_notify", "yes")
	f.Values["components"] = r.URL.Query()["component"]
	return a.showPlan(w, r, v, f, http.StatusOK)
}

func (a *Admin) editMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showPlan(w, r, v, nil, http.StatusOK)
}

func (a *Admin) showPlan(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &planPage{frame: a.newFrame(r, v, "Plan maintenance", "maintenance"), Form: f}
	if r.PathValue("id") != "" {
		m, err := a.foundMaintenance(r, &p.frame)
		if err != nil {
			return err
		}
		p.Change, p.Title = &m, "Change the maintenance"
		if f == nil {
			p.Form = p.formOf(&m)
		}
	}
	p.Dates = p.preview(p.Form)
	a.render(w, code, "plan", p)
	return nil
}

func (p *planPage) formOf(m *statuspage.Maintenance) *form {
	zone := zoneOf(m.TimeZone)
	f := newForm("title", m.Title, "text", m.Text, "start", clockOf(m.Start, zone), "end", clockOf(m.End, zone),
		"time_zone", cmp.Or(m.TimeZone, "UTC"), "repeat", m.RRule, "version", version(m.Updated), "notify", "yes")
	if !m.Quiet {
		f.Set("begin_notify", "yes")
	}
	if !p.known(m.RRule) {
		f.Set("repeat", custom)
		f.Set("rrule", m.RRule)
	}
	return f.choose(m.Components)
}

// rule returns the recurrence rule that was chosen, or typed.
func (f *form) rule() string {
	if f.Get("repeat") == custom {
		return strings.TrimPrefix(strings.TrimSpace(f.Get("rrule")), "RRULE:")
	}
	return f.Get("repeat")
}

// zone returns the time zone that was typed.
func (f *form) zone() *time.Location {
	name := cmp.Or(strings.TrimSpace(f.Get("time_zone")), "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		f.fault("time_zone", "is no zone that is known; write one such as Europe/Paris, or UTC")
		return time.UTC
	}
	return zone
}

func (f *form) maintenanceInput() (desk.MaintenanceInput, error) {
	zone, rule := f.zone(), f.rule()
	name, quiet := zone.String(), !*f.flag("begin_notify")
	in := desk.MaintenanceInput{
		Title: f.text("title"), Text: f.text("text"), Components: f.components(),
		Start: f.when("start", zone), End: f.when("end", zone), TimeZone: &name, RRule: &rule, Notify: f.flag("notify"), Quiet: &quiet,
	}
	if f.Get("repeat") == custom && rule == "" {
		f.fault("rrule", "is empty; write one such as FREQ=MONTHLY;BYDAY=1SU, or choose another repetition")
	}
	if f.Faulty() {
		return in, errTyped
	}
	return in, nil
}

// preview tells when what the form says would take place. It leaves the form as it is.
func (f *frame) preview(typed *form) (d dates) {
	try := &form{Values: typed.Values}
	in, err := try.maintenanceInput()
	if in.Start == nil || in.End == nil {
		return d // there is nothing to tell yet
	}
	m := statuspage.Maintenance{Start: *in.Start, End: *in.End, TimeZone: *in.TimeZone, RRule: *in.RRule}
	switch {
	case err != nil:
		for _, field := range []string{"start", "end", "time_zone", "rrule"} {
			if fault := try.Fault(field, labelOf(field)); fault != "" {
				d.Faults = append(d.Faults, fault)
			}
		}
		return d
	case !m.End.After(m.Start):
		d.Faults = []string{"It ends before it starts."}
		return d
	case m.RRule != "":
		if err := statuspage.CheckRRule(m.RRule, m.Start, m.TimeZone); err != nil {
			d.Faults = []string{sentence(err.Error())}
			return d
		}
	}
	zone := zoneOf(m.TimeZone)
	all := m.Between(m.Start, m.Start.AddDate(10, 0, 0), shownDates+1)
	d.More = len(all) > shownDates
	for _, c := range all[:min(len(all), shownDates)] {
		d.All = append(d.All, f.dateOf(c, zone))
	}
	return d
}

func labelOf(field string) string {
	return map[string]string{"start": "Start", "end": "End", "time_zone": "Time zone", "rrule": "Rule"}[field]
}

func (a *Admin) planMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showPlan(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	in, err := f.maintenanceInput()
	var m statuspage.Maintenance
	if err == nil {
		m, err = a.Desk.PlanMaintenance(r.Context(), v.user, in)
	}
	return f.take(w, err, func() { done(w, r, "/admin/maintenance/"+m.ID, "planned") }, again)
}

func (a *Admin) changeMaintenance(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showPlan(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	id := r.PathValue("id")
	now, err := a.Desk.Maintenance(r.Context(), id)
	return f.change(w, r, now.Updated, err, func(ctx context.Context, seen *time.Time) error {
		in, err := f.maintenanceInput()
		if err != nil {
			return err
		}
		unmoved(&in, &now, f)
		in.Seen = seen
		_, err = a.Desk.ChangeMaintenance(ctx, v.user, id, in)
		return err
	}, func() { done(w, r, "/admin/maintenance/"+id, "changed") }, again)
}

// unmoved leaves out the times if they are still what they were: a field holds no
// seconds.
func unmoved(in *desk.MaintenanceInput, now *statuspage.Maintenance, f *form) {
	zone := zoneOf(now.TimeZone)
	if *in.TimeZone != zone.String() {
		return
	}
	in.TimeZone = nil
	in.Start = changed(in.Start, clockOf(now.Start, zone), f.Get("start"))
	in.End = changed(in.End, clockOf(now.End, zone), f.Get("end"))
	in.RRule = changed(in.RRule, now.RRule, *in.RRule)
}
