// SPDX-License-Identifier: Apache-2.0

package admin

import (
	"net/http"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// announcementsPage is what announcements.html shows.
type announcementsPage struct {
	frame
	All  []statuspage.Announcement
	Form *form
}

func (a *Admin) announcements(w http.ResponseWriter, r *http.Request, v *visit) error {
	return a.showAnnouncements(w, r, v, newForm("notify", "yes"), http.StatusOK)
}

func (a *Admin) showAnnouncements(w http.ResponseWriter, r *http.Request, v *visit, f *form, code int) error {
	p := &announcementsPage{frame: a.newFrame(r, v, "Announcements", "announcements"), Form: f}
	all, err := a.Desk.Announcements(r.Context())
	if err := p.know(err); err != nil {
		return err
	}
	p.All = all
	a.render(w, code, "announcements", p)
	return nil
}

func (a *Admin) announce(w http.ResponseWriter, r *http.Request, v *visit) error {
	f := typed(r)
	again := func(code int) error { return a.showAnnouncements(w, r, v, f, code) }
	if f.Preview {
		return again(http.StatusOK)
	}
	_, err := a.Desk.Announce(r.Context(), v.user, desk.AnnouncementInput{Title: f.text("title"), Text: f.text("text"), Notify: f.flag("notify")})
	return f.take(w, err, func() { done(w, r, "/admin/announcements", "announced") }, again)
}

func (a *Admin) retract(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := a.Desk.Retract(r.Context(), v.user, r.PathValue("id")); err != nil {
		return err
	}
	done(w, r, "/admin/announcements", "retracted")
	return nil
}
