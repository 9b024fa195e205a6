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

// updatePage is what update-edit.html shows.
type updatePage struct {
	frame
	Back, Of string // where the timeline is, and whose it is
	Update   statuspage.Update
	TextOnly bool // nothing else can change
	Form     *form
}

func (a *Admin) editUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showUpdate(w, r, v, nil, http.StatusOK)
}

func (a *Admin) showUpdate(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &updatePage{frame: a.newFrame(r, v, "Edit the update", "incidents")}
	i, err := a.found(r, &p.frame)
	if err != nil {
		return err
	}
	p.Back, p.Of = "/admin/incidents/"+i.ID, i.Title
	return a.renderUpdate(w, r, p, i.Updates, i.Updated, f, code)
}

func (a *Admin) renderUpdate(w http.ResponseWriter, r *http.Request, p *updatePage, all []statuspage.Update, updated time.Time, f *form, code int) error {
	at := slices.IndexFunc(all, func(u statuspage.Update) bool { return u.ID == r.PathValue("update") })
	if at < 0 {
		return errNothing
	}
	p.Update, p.Form = all[at], f
	if f == nil {
		u := p.Update
		p.Form = newForm("phase", string(u.Phase), "text", u.Text, "time", clockOf(u.Time, utc()), "version", version(updated))
	}
	a.render(w, code, "update-edit", p)
	return nil
}

func (a *Admin) changeUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showUpdate(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	id, update := r.PathValue("id"), r.PathValue("update")
	now, err := a.Desk.Incident(r.Context(), id)
	return f.change(w, r, now.Updated, err, func(ctx context.Context, seen *time.Time) error {
		in, err := f.updateInput()
		if err != nil {
			return err
		}
		in.Impact, in.Seen = nil, seen
		for _, u := range now.Updates {
			if u.ID == update {
				in.Time = changed(in.Time, clockOf(u.Time, utc()), f.Get("time"))
			}
		}
		_, err = a.Desk.EditUpdate(ctx, v.user, id, update, in)
		return err
	}, func() { done(w, r, "/admin/incidents/"+id, "changed") }, again)
}

func (a *Admin) deleteUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	if _, err := a.Desk.DeleteUpdate(r.Context(), v.user, id, r.PathValue("update")); err != nil {
		return err
	}
	done(w, r, "/admin/incidents/"+id, "deleted")
	return nil
}

func (a *Admin) editMaintenanceUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showMaintenanceUpdate(w, r, v, nil, http.StatusOK)
}

func (a *Admin) showMaintenanceUpdate(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &updatePage{frame: a.newFrame(r, v, "Edit the update", "maintenance"), TextOnly: true}
	m, err := a.foundMaintenance(r, &p.frame)
	if err != nil {
		return err
	}
	p.Back, p.Of = "/admin/maintenance/"+m.ID, m.Title
	return a.renderUpdate(w, r, p, m.Updates, m.Updated, f, code)
}

func (a *Admin) changeMaintenanceUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showMaintenanceUpdate(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	id := r.PathValue("id")
	now, err := a.Desk.Maintenance(r.Context(), id)
	return f.change(w, r, now.Updated, err, func(ctx context.Context, seen *time.Time) error {
		in := desk.UpdateInput{Text: f.text("text"), Notify: f.flag("notify"), Seen: seen}
		_, err := a.Desk.EditMaintenanceUpdate(ctx, v.user, id, r.PathValue("update"), in)
		return err
	}, func() { done(w, r, "/admin/maintenance/"+id, "changed") }, again)
}

func (a *Admin) deleteMaintenanceUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	id := r.PathValue("id")
	if _, err := a.Desk.DeleteMaintenanceUpdate(r.Context(), v.user, id, r.PathValue("update")); err != nil {
		return err
	}
	done(w, r, "/admin/maintenance/"+id, "deleted")
	return nil
}
