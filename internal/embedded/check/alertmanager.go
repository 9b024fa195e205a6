// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"sync"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/matcher/compat"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	commonconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

// A Routing is a checked alertmanager.yml, with what alerting.yml adds to it: all
// that may fail has been done.
type Routing struct {
	Config    *config.Config
	Routes    *dispatch.Route
	Receivers map[string][]notify.Integration // those that a route leads to
	Intervals map[string][]timeinterval.TimeInterval
	Template  *template.Template
}

var matcherParser sync.Once //nolint:gochecknoglobals // guards a global of the library

// UseMatchers sets how Alertmanager's packages parse matchers, which is a global
// of theirs, to what Alertmanager does by default. It has to come before any
// file or request is read; calls after the first do nothing.
func UseMatchers(log *slog.Logger) {
	matcherParser.Do(func() { compat.InitFromFlags(log, featurecontrol.NoopFlags{}) })
}

// LoadAlertmanager reads an alertmanager.yml as Alertmanager does: templates are
// found from its folder. The routes, inhibit rules and time intervals are those
// that package generate makes of it and c. It makes the receivers that are used,
// which start nothing, with client for those that send by HTTP. Without the file,
// alerts are kept and shown, and nobody is told.
func LoadAlertmanager(path string, a *alerting.Config, externalURL *url.URL, log *slog.Logger, client ...commonconfig.HTTPClientOption) (*Routing, error) {
	UseMatchers(log)
	c, err := withRoutes(path, a)
	if err != nil {
		return nil, err
	}
	r := &Routing{
		Config: c, Routes: dispatch.NewRoute(c.Route, nil),
		Receivers: map[string][]notify.Integration{}, Intervals: map[string][]timeinterval.TimeInterval{},
	}
	if r.Template, err = template.FromGlobs(c.Templates); err != nil {
		return nil, fmt.Errorf("%s: templates: %w", path, err)
	}
	r.Template.ExternalURL = externalURL
	used := map[string]bool{}
	r.Routes.Walk(func(route *dispatch.Route) { used[route.RouteOpts.Receiver] = true })
	for _, rc := range c.Receivers {
		if !used[rc.Name] {
			continue // Alertmanager makes none that no route leads to
		}
		if r.Receivers[rc.Name], err = receiver.BuildReceiverIntegrations(rc, r.Template, log, client...); err != nil {
			return nil, fmt.Errorf("%s: receiver %s: %w", path, rc.Name, err)
		}
	}
	for _, i := range c.MuteTimeIntervals {
		r.Intervals[i.Name] = i.TimeIntervals
	}
	for _, i := range c.TimeIntervals {
		r.Intervals[i.Name] = i.TimeIntervals
	}
	return r, nil
}

// withRoutes returns what the file says, with the routing that a asks for.
func withRoutes(path string, a *alerting.Config) (*config.Config, error) {
	text, err := os.ReadFile(path)
	absent := errors.Is(err, fs.ErrNotExist)
	if err != nil && !absent {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	var users *config.Config
	if !absent { // its errors have the lines of the file, so they come first
		if users, err = config.LoadFile(path); err != nil {
			return nil, at(path, string(text), placed(err))
		}
	}
	generated, err := generate.Alertmanager(a, path, text)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(string(generated))
	if err != nil {
		return nil, inFile(path+", with the routes of alerting.yml", err)
	}
	if absent {
		return c, nil
	}
	// The file knows its folder; the text does not.
	users.Route, users.InhibitRules = c.Route, c.InhibitRules
	users.TimeIntervals, users.MuteTimeIntervals = c.TimeIntervals, c.MuteTimeIntervals
	return users, nil
}

var undefined = regexp.MustCompile(`^undefined (?:receiver|time interval) "(.+)" used in route$`)

// placed says where a name is that Alertmanager only says is used.
func placed(err error) error {
	if m := undefined.FindStringSubmatch(err.Error()); m != nil {
		return misplacedf(`(?m)^[^#\n]*(?:receiver:|[-\[,])\s*["']?`+regexp.QuoteMeta(m[1])+`["']?\s*(?:[,}\]#]|$)`, "%v", err)
	}
	return err
}
