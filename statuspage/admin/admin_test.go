// SPDX-License-Identifier: Apache-2.0

package admin_test

import (
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/admin"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
	"github.com/pharos-status/pharos/statuspage/words"
)

// now is when the tests take place: a Tuesday so far away that the store, which has a
// clock of its own, takes no session for expired.
var now = time.Date(2037, 11, 3, 14, 5, 0, 0, time.UTC)

// How long the database may take to come back, and how often to look.
const (
	patience = 30 * time.Second
	step     = 100 * time.Millisecond
)

const password = "a long password"

// An office is the pages, what they work on, and a clock.
type office struct {
	t     testing.TB
	store *store.Store
	desk  *desk.Desk
	web   *httptest.Server

	mu     sync.Mutex
	time   time.Time
	config *config.Config
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.time
}

func (o *office) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.time = o.time.Add(d)
}

func (o *office) reload(change func(c *config.Config)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := *o.config
	change(&next)
	o.config = &next
}

func layout() statuspage.Layout {
	return statuspage.Layout{Services: []statuspage.ServiceLayout{
		{ID: "web", Label: "Web nodes", Nodes: []statuspage.NodeLayout{{ID: "lb", Label: "Load balancer"}, {ID: "api", Label: "Access to API service"}}},
		{ID: "mail", Label: "Mail", Nodes: []statuspage.NodeLayout{{ID: "in", Label: "Inbound"}}},
	}}
}

func anyone(c *config.Config) {
	c.Branding.PageTitle = "Acme Status"
	c.Branding.PageURL = "https://status.example.com/"
	c.Admin = config.Admin{
		Users:          []config.User{{Name: "anna", Password: password}, {Name: "bert", Password: "another long password"}},
		SessionTimeout: model.Duration(12 * time.Hour),
	}
}

func open(t testing.TB, o store.Options) *office {
	t.Helper()
	o.Logger = slog.New(slog.NewTextHandler(testkit.Output(t), nil))
	if o.Path == "" {
		o.Path = t.TempDir()
	}
	s, err := store.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	office := &office{t: t, store: s, time: now, config: config.Default()}
	anyone(office.config)
	office.desk = desk.New(desk.Options{Store: s, Layout: layout, Now: office.now})
	pages := admin.New(admin.Options{
		Desk: office.desk, Store: s, Layout: layout, Words: words.In("en"), Now: office.now, Logger: o.Logger, Page: page,
		Config: func() *config.Config {
			office.mu.Lock()
			defer office.mu.Unlock()
			return office.config
		},
	})
	office.web = httptest.NewServer(pages.Handler())
	t.Cleanup(office.web.Close)
	return office
}

// page is what visitors see: the load balancer is dead.
func page() statuspage.Page {
	return statuspage.Page{Status: status.Dead, AsOf: now, Built: now, Services: []statuspage.Service{{
		ID: "web", Label: "Web nodes", Status: status.Dead,
		Nodes: []statuspage.Node{
			{ID: "lb", Label: "Load balancer", Status: status.Dead, Since: now.Add(-20 * time.Minute)},
			{ID: "api", Label: "Access to API service", Status: status.Healthy},
		},
	}}}
}

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }
