// SPDX-License-Identifier: Apache-2.0

// Package admin is the pages on which operators work: incidents and their
// timelines, maintenance, announcements, corrections, templates, subscribers and the
// journal, in plain HTML that needs no JavaScript. It knows who is asking and that it
// was they who asked; what they say is checked and done by package desk.
package admin

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/words"
)

// Options are what the pages work on. All are required, but for Page and Now.
type Options struct {
	Desk   *desk.Desk
	Store  *store.Store
	Config func() *config.Config    // the one in force
	Layout func() statuspage.Layout // what components there are
	Page   func() statuspage.Page   // the main page as visitors see it, for what is wrong at the moment
	Words  *words.Words             // how states and times are called
	Now    func() time.Time         // time.Now if nil
	Logger *slog.Logger
}

// An Admin serves the pages. It is safe for concurrent use.
type Admin struct {
	Options
	sessions  *sessions
	byUser    *limiter
	byAddress *limiter
	checking  chan struct{} // who holds a place may compute a password's hash
	handler   http.Handler
}

// How many hashes of passwords are computed at once: each takes a core for a moment,
// by design.
const maxChecking = 2

// New returns the pages.
func New(o Options) *Admin {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Admin{
		Options:   o,
		sessions:  newSessions(o.Store, o.Now),
		byUser:    newLimiter(userFree, userLongest),
		byAddress: newLimiter(addressFree, addressLongest),
		checking:  make(chan struct{}, maxChecking),
	}
	a.handler = a.routes()
	return a
}

// Handler serves everything below /admin/. While the configuration names nobody who
// may log in, it says so.
func (a *Admin) Handler() http.Handler { return a.handler }

func (a *Admin) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/login", a.showLogin)
	mux.HandleFunc("POST /admin/login", a.login)
	for pattern, page := range map[string]page{
		"POST /admin/logout":            a.logout,
		"POST /admin/logout/everywhere": a.logoutEverywhere,

		"GET /admin/{$}":              a.overview,
		"GET /admin/journal":          a.journal,
		"POST /admin/preview/text":    a.previewText,
		"POST /admin/preview/dates":   a.previewDates,
		"GET /admin/incidents":        a.incidents,
		"GET /admin/incidents/new":    a.newIncident,
		"POST /admin/incidents/new":   a.openIncident,
		"GET /admin/incidents/{id}":   a.incident,
		"POST /admin/incidents/{id}":  a.postUpdate,
		"GET /admin/maintenance":      a.maintenances,
		"GET /admin/maintenance/new":  a.newMaintenance,
		"POST /admin/maintenance/new": a.planMaintenance,

		"GET /admin/incidents/{id}/edit":                     a.editIncident,
		"POST /admin/incidents/{id}/edit":                    a.changeIncident,
		"POST /admin/incidents/{id}/delete":                  a.deleteIncident,
		"GET /admin/incidents/{id}/updates/{update}":         a.editUpdate,
		"POST /admin/incidents/{id}/updates/{update}":        a.changeUpdate,
		"POST /admin/incidents/{id}/updates/{update}/delete": a.deleteUpdate,

		"GET /admin/maintenance/{id}":         a.maintenance,
		"POST /admin/maintenance/{id}":        a.postMaintenanceUpdate,
		"GET /admin/maintenance/{id}/edit":    a.editMaintenance,
		"POST /admin/maintenance/{id}/edit":   a.changeMaintenance,
		"POST /admin/maintenance/{id}/end":    a.endMaintenance,
		"POST /admin/maintenance/{id}/skip":   a.skipOccurrence,
		"POST /admin/maintenance/{id}/cancel": a.cancelMaintenance,
		"POST /admin/maintenance/{id}/delete": a.deleteMaintenance,

		"GET /admin/maintenance/{id}/updates/{update}":         a.editMaintenanceUpdate,
		"POST /admin/maintenance/{id}/updates/{update}":        a.changeMaintenanceUpdate,
		"POST /admin/maintenance/{id}/updates/{update}/delete": a.deleteMaintenanceUpdate,

		"GET /admin/announcements":              a.announcements,
		"POST /admin/announcements":             a.announce,
		"POST /admin/announcements/{id}/delete": a.retract,
		"GET /admin/corrections":                a.corrections,
		"POST /admin/corrections":               a.correct,
		"POST /admin/corrections/{id}/delete":   a.withdrawCorrection,
		"GET /admin/templates":                  a.templates,
		"GET /admin/templates/{id}":             a.editTemplate,
		"POST /admin/templates/{id}":            a.putTemplate,
		"POST /admin/templates/{id}/delete":     a.deleteTemplate,
		"GET /admin/subscribers":                a.subscribers,
		"GET /admin/subscribers/export":         a.exportSubscribers,
		"GET /admin/subscribers/{id}/export":    a.exportSubscriber,
		"POST /admin/subscribers/{id}/erase":    a.eraseSubscriber,

		"/admin/": a.nothing,
	} {
		mux.Handle(pattern, a.known(page))
	}
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(a.denyCrossOrigin))
	return a.protect(sameOrigin.Handler(mux))
}
