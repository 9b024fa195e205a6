// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"
	"slices"

	"github.com/pharos-status/pharos/statuspage"
)

// newTemplate stands for the ID of a template that is not there yet; no ID is as short.
const newTemplate = "new"

// templatesPage is what templates.html and template-edit.html show.
type templatesPage struct {
	frame
	All  []statuspage.Template
	ID   string // of the one that is edited
	Form *form
}

func (a *Admin) templates(w http.ResponseWriter, r *http.Request, v *visit) (err error) {
	p := &templatesPage{frame: a.newFrame(r, v, "Templates", "templates")}
	if p.All, err = a.templatesFor(r, &p.frame); err != nil {
		return err
	}
	a.render(w, http.StatusOK, "templates", p)
	return nil
}

func (a *Admin) editTemplate(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := newForm("impact", string(statuspage.ImpactMinor), "phase", string(statuspage.Investigating))
	if id := r.PathValue("id"); id != newTemplate {
		all, err := a.Desk.Templates(r.Context())
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(t statuspage.Template) bool { return t.ID == id })
		if at < 0 {
			return errNothing
		}
		t := all[at]
		f = newForm("name", t.Name, "title", t.Title, "impact", string(t.Impact), "phase", string(t.Phase), "text", t.Text).choose(t.Components)
	}
	return a.showTemplate(w, r, v, f, http.StatusOK)
}

func (a *Admin) showTemplate(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &templatesPage{frame: a.newFrame(r, v, "Change the template", "templates"), ID: r.PathValue("id"), Form: f}
	if p.ID == newTemplate {
		p.Title = "New template"
	}
	a.render(w, code, "template-edit", p)
	return nil
}

func (a *Admin) putTemplate(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showTemplate(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	t := statuspage.Template{
		ID: r.PathValue("id"), Name: *f.text("name"), Title: *f.text("title"), Text: *f.text("text"),
		Impact: statuspage.Impact(f.Get("impact")), Phase: statuspage.Phase(f.Get("phase")),
	}
	if t.ID == newTemplate {
		t.ID = ""
	}
	for _, text := range *f.components() {
		ref, err := statuspage.ParseRef(text)
		if err != nil {
			f.fault("components", `hold one that is not "service" or "service/node"`)
			return again(http.StatusUnprocessableEntity)
		}
		t.Components = append(t.Components, ref)
	}
	_, err := a.Desk.PutTemplate(r.Context(), v.user, t)
	return f.take(w, err, func() { done(w, r, "/admin/templates", "saved") }, again)
}

func (a *Admin) deleteTemplate(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := a.Desk.DeleteTemplate(r.Context(), v.user, r.PathValue("id")); err != nil {
		return err
	}
	done(w, r, "/admin/templates", "deleted")
	return nil
}
