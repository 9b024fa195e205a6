// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"
	"strconv"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// perPage is how many lines a list has before it goes on with another page.
const perPage = 50

// incidentsPage is what incidents.html shows.
type incidentsPage struct {
	frame
	Drafts, Open, Past []statuspage.Incident
	Newer, Older       int // numbers of the pages beside this one, from 1; 0 if there is none
}

func (a *Admin) incidents(w http.ResponseWriter, r *http.Request, v *visit) error {
	p := &incidentsPage{frame: a.newFrame(r, v, "Incidents", "incidents")}
	all, err := a.Desk.Incidents(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	p.Drafts, p.Open, p.Past = sorted(all)
	p.Past, p.Newer, p.Older = paged(p.Past, r)
	a.render(w, http.StatusOK, "incidents", p)
	return nil
}

// sorted tells what needs an operator from what is over.
func sorted(all []statuspage.Incident) (drafts, open, past []statuspage.Incident) {
	for _, i := range all {
		switch {
		case i.Draft:
			drafts = append(drafts, i)
		case i.Open():
			open = append(open, i)
		default:
			past = append(past, i)
		}
	}
	return drafts, open, past
}

// paged returns the page of a list that the request asks for, and its neighbours.
func paged[T any](all []T, r *http.Request) (part []T, newer, older int) {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	last := max(1, (len(all)+perPage-1)/perPage)
	if err != nil || n < 1 || n > last {
		n = 1
	}
	if n < last {
		older = n + 1
	}
	return all[(n-1)*perPage : min(n*perPage, len(all))], n - 1, older
}

// templatesFor returns the templates, none while they can't be read.
func (a *Admin) templatesFor(r *http.Request, f *frame) ([]statuspage.Template, error) {
	all, err := a.Desk.Templates(r.Context())
	return all, f.know(err)
}

// templateOf returns the template that the request asks for, nil if there is none.
func templateOf(all []statuspage.Template, r *http.Request) *statuspage.Template {
	for i := range all {
		if id := r.URL.Query().Get("template"); id != "" && all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}

// openIncidentPage is what incident-form.html shows: a new incident, or a draft.
type openIncidentPage struct {
	frame
	Form      *form
	Draft     *statuspage.Incident // nil: a new one
	Templates []statuspage.Template
}

func (a *Admin) newIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := newForm("impact", string(statuspage.ImpactMinor), "phase", string(statuspage.Investigating), "notify", "yes")
	f.Values["components"] = r.URL.Query()["component"]
	return a.showNewIncident(w, r, v, f, http.StatusOK)
}

func (a *Admin) showNewIncident(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) (err error) {
	p := &openIncidentPage{frame: a.newFrame(r, v, "Open an incident", "incidents"), Form: f}
	if p.Templates, err = a.templatesFor(r, &p.frame); err != nil {
		return err
	}
	if t := templateOf(p.Templates, r); t != nil && r.Method == http.MethodGet {
		f.Set("template", t.ID)
		f.Set("title", t.Title)
		f.Set("text", t.Text)
		f.Set("impact", string(t.Impact))
		f.Set("phase", string(t.Phase))
		f.choose(t.Components)
	}
	a.render(w, code, "incident-form", p)
	return nil
}

// incidentInput reads what the forms of an incident have in common.
func (f *form) incidentInput() (desk.IncidentInput, error) {
	in := desk.IncidentInput{
		Title: f.text("title"), Text: f.text("text"), Components: f.components(),
		Impact: chosen[statuspage.Impact](f, "impact"), Phase: chosen[statuspage.Phase](f, "phase"),
		Started: f.when("started", utc()), Resolved: f.when("resolved", utc()), Notify: f.flag("notify"),
	}
	if f.Faulty() {
		return in, errTyped
	}
	return in, nil
}

func (a *Admin) openIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showNewIncident(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	draft := f.Get("action") == "draft"
	in, err := f.incidentInput()
	if in.Resolved != nil {
		in.Phase = nil // it can only be that
	}
	in.Draft = &draft
	var opened statuspage.Incident
	if err == nil {
		opened, err = a.Desk.OpenIncident(r.Context(), v.user, in)
	}
	return f.take(w, err, func() {
		if draft {
			done(w, r, "/admin/incidents/"+opened.ID+"/edit", "drafted")
			return
		}
		done(w, r, "/admin/incidents/"+opened.ID, "opened")
	}, again)
}

// found returns an incident. While the store is away it is what was known.
func (a *Admin) found(r *http.Request, f *frame) (statuspage.Incident, error) {
	i, err := a.Desk.Incident(r.Context(), r.PathValue("id"))
	if err := f.know(err); err != nil {
		return i, err
	}
	if i.ID == "" {
		return i, store.ErrAway
	}
	return i, nil
}

func (a *Admin) deleteIncident(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := a.Desk.DeleteIncident(r.Context(), v.user, r.PathValue("id")); err != nil {
		return err
	}
	done(w, r, "/admin/incidents", "deleted")
	return nil
}
