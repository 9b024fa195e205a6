// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

func utc() *time.Location { return time.UTC }

// incidentPage is what incident.html shows: the incident and its timeline, and the
// form of the next update.
type incidentPage struct {
	frame
	Incident  statuspage.Incident
	Timeline  []statuspage.Update // newest first
	Form      *form
	Templates []statuspage.Template
}

func (a *Admin) incident(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := newForm("notify", "yes")
	return a.showIncident(w, r, v, f, http.StatusOK)
}

func (a *Admin) showIncident(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &incidentPage{frame: a.newFrame(r, v, "", "incidents"), Form: f}
	i, err := a.found(r, &p.frame)
	if err != nil {
		return err
	}
	if i.Draft {
		http.Redirect(w, r, "/admin/incidents/"+i.ID+"/edit", http.StatusSeeOther)
		return nil
	}
	p.Title, p.Incident, p.Wide = i.Title, i, true
	p.Timeline = slices.Clone(i.Updates)
	slices.Reverse(p.Timeline)
	if p.Templates, err = a.templatesFor(r, &p.frame); err != nil {
		return err
	}
	if !f.Has("version") {
		f.Set("version", version(i.Updated))
		f.Set("impact", string(i.Impact))
		f.Set("phase", string(i.Phase()))
		if t := templateOf(p.Templates, r); t != nil {
			f.Set("template", t.ID)
			f.Set("phase", string(t.Phase))
			f.Set("text", t.Text)
		}
	}
	a.render(w, code, "incident", p)
	return nil
}

func (a *Admin) postUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showIncident(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	id := r.PathValue("id")
	now, err := a.Desk.Incident(r.Context(), id)
	return f.change(w, r, now.Updated, err, func(ctx context.Context, seen *time.Time) error {
		in, err := f.updateInput()
		if err != nil {
			return err
		}
		in.Impact = changed(in.Impact, string(now.Impact), f.Get("impact"))
		in.Phase = changed(in.Phase, string(now.Phase()), f.Get("phase"))
		in.Seen = seen
		_, err = a.Desk.UpdateIncident(ctx, v.user, id, in)
		return err
	}, func() { done(w, r, "/admin/incidents/"+id, "updated") }, again)
}

// updateInput reads what the forms of an update have in common.
func (f *form) updateInput() (desk.UpdateInput, error) {
	in := desk.UpdateInput{
		Phase: chosen[statuspage.Phase](f, "phase"), Text: f.text("text"), Time: f.when("time", utc()),
		Impact: chosen[statuspage.Impact](f, "impact"), Notify: f.flag("notify"),
	}
	if f.Faulty() {
		return in, errTyped
	}
	return in, nil
}

// editIncident shows the form of an incident, or of a draft with its first update.
func (a *Admin) editIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showEditIncident(w, r, v, nil, http.StatusOK)
}

func (a *Admin) showEditIncident(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	frame := a.newFrame(r, v, "Change the incident", "incidents")
	i, err := a.found(r, &frame)
	if err != nil {
		return err
	}
	if f == nil {
		f = formOfIncident(&i)
	}
	if i.Draft {
		frame.Title = "Draft of an incident"
		a.render(w, code, "incident-form", &openIncidentPage{frame: frame, Form: f, Draft: &i})
		return nil
	}
	a.render(w, code, "incident-edit", &incidentPage{frame: frame, Form: f, Incident: i})
	return nil
}

func formOfIncident(i *statuspage.Incident) *form {
	f := newForm("title", i.Title, "impact", string(i.Impact), "started", clockOf(i.Started, utc()), "resolved", clockOf(i.Resolved, utc()),
		"version", version(i.Updated), "notify", "yes")
	if i.Draft {
		f.Set("phase", string(i.Phase()))
		if len(i.Updates) > 0 {
			f.Set("text", i.Updates[0].Text)
		}
	}
	return f.choose(i.Components)
}

func (a *Admin) changeIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showEditIncident(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	id, publish := r.PathValue("id"), f.Get("action") == "publish"
	now, err := a.Desk.Incident(r.Context(), id)
	return f.change(w, r, now.Updated, err, func(ctx context.Context, seen *time.Time) error {
		in, err := f.incidentChange(&now, publish)
		if err != nil {
			return err
		}
		in.Seen = seen
		_, err = a.Desk.ChangeIncident(ctx, v.user, id, in)
		return err
	}, func() {
		switch {
		case publish:
			done(w, r, "/admin/incidents/"+id, "published")
		case now.Draft:
			done(w, r, "/admin/incidents/"+id+"/edit", "drafted")
		default:
			done(w, r, "/admin/incidents/"+id, "changed")
		}
	}, again)
}

// incidentChange reads what the form changes of an incident.
func (f *form) incidentChange(now *statuspage.Incident, publish bool) (desk.IncidentInput, error) {
	in, err := f.incidentInput()
	if err != nil {
		return in, err
	}
	in.Started = changed(in.Started, clockOf(now.Started, utc()), f.Get("started"))
	in.Resolved = changed(in.Resolved, clockOf(now.Resolved, utc()), f.Get("resolved"))
	if publish {
		no := false
		in.Draft = &no
	}
	if !now.Draft || !publish && *in.Text == "" && len(now.Updates) == 0 { // a draft can do without
		in.Phase, in.Text = nil, nil
	}
	return in, nil
}
