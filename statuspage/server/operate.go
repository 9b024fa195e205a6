// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/version"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/admin"
	"github.com/pharos-status/pharos/statuspage/api"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/duty"
	"github.com/pharos-status/pharos/statuspage/mcp"
	"github.com/pharos-status/pharos/statuspage/subscribe"
	"github.com/pharos-status/pharos/statuspage/words"
)

// operate makes what operators and subscribers work with.
func (s *Server) operate() (err error) {
	o := s.o
	s.desk = desk.New(desk.Options{Store: s.store, Layout: s.Layout, Changed: s.follower.lookSoon})
	s.admin = admin.New(admin.Options{
		Desk: s.desk, Store: s.store, Config: s.config, Layout: s.Layout, Words: words.In(defaultLanguage),
		Page:   func() statuspage.Page { return s.gallery.shown.Load().sites[0].page },
		Logger: o.Logger,
	}).Handler()
	s.mcp = mcp.Handler(func(r *http.Request) statuspage.Page { return s.gallery.shown.Load().at(r).page },
		mcp.Options{Version: version.Version, Logger: o.Logger})
	s.manager = api.Handler(api.Options{
		Token: func() configfile.Secret { return s.config().Manager.Token },
		Try:   s.tryToken, Desk: s.desk, Store: s.store, Reminders: func() api.Reminders { return s.settings.Load().alerts },
		Reading: s.reading, StaleAfter: func() time.Duration { return time.Duration(s.config().StaleAfter) },
		Logger: o.Logger,
	})
	s.duty = duty.New(duty.Options{
		Store: s.store, Desk: s.desk, Alertmanager: func() duty.Alertmanager { return s.settings.Load().alerts },
		Config: s.config, Reading: s.reading, Layout: s.Layout, Logger: o.Logger,
	})
	s.subscribers, err = subscribe.New(subscribe.Options{
		Store:  s.store,
		Config: func() config.Subscribers { return s.config().Subscribers },
		Page:   s.subscribedPage,
		Logger: o.Logger, Registerer: o.Registerer,
	})
	return err
}

func (s *Server) config() *config.Config { return s.settings.Load().config }

// reading returns the last good one, or the zero Reading. It is shared and must not be
// changed.
func (s *Server) reading() statuspage.Reading { return s.pages.known.Load().reading }

// followed is called when the contents of the store have changed.
func (s *Server) followed() {
	s.pages.redrawSoon()
	if s.subscribers != nil { // which it is while the server is made
		s.subscribers.Wake()
		s.duty.Wake()
	}
}

// duties runs what one instance does for all, while it is the one.
func (s *Server) duties(ctx context.Context) {
	err := s.store.Elect(ctx, func(ctx context.Context) {
		var all sync.WaitGroup
		all.Go(func() { s.subscribers.Run(ctx) })
		all.Go(func() { s.duty.Run(ctx) })
		all.Wait()
	})
	if err != nil && ctx.Err() == nil {
		s.o.Logger.Error("This instance can't be elected; it sends no mail, sets no silences and opens no incidents", "err", err)
	}
}

// operators returns what answers at the paths of operators, who say themselves who
// they are; nil at all others.
func (s *Server) operators(path string, now *settings) http.Handler {
	if below(path, "/manager") {
		return s.manager
	}
	if below(path, "/admin") && now.config.Admin.Public && now.config.Admin.Enabled() {
		return s.admin
	}
	return nil
}

// Admin returns the pages of operators, which belong at /admin/ of a listener that
// only they reach. Whoever mounts it collapses double slashes before.
func (s *Server) Admin() http.Handler { return s.admin }

func below(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/')
}
