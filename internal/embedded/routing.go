// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/common/model"
)

// noRouting is what holds without an alertmanager.yml: alerts are kept and
// shown, and nobody is told.
const noRouting = `
route: {receiver: nobody}
receivers: [{name: nobody}]
`

// A routing is a checked alertmanager.yml: all that may fail has been done.
type routing struct {
	config    *amconfig.Config
	routes    *dispatch.Route
	receivers map[string][]notify.Integration
	intervals map[string][]timeinterval.TimeInterval
	template  *template.Template
}

// loadRouting reads alertmanager.yml as Alertmanager does: templates and files
// with secrets are found from the folder of the configuration.
func loadRouting(o Options) (*routing, error) {
	path := filepath.Join(o.ConfigDir, "alertmanager.yml")
	c, err := amconfig.LoadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		c, err = amconfig.Load(noRouting)
	}
	if err != nil {
		return nil, inFile(path, err)
	}
	r := &routing{
		config: c, routes: dispatch.NewRoute(c.Route, nil),
		receivers: map[string][]notify.Integration{}, intervals: map[string][]timeinterval.TimeInterval{},
	}
	if r.template, err = template.FromGlobs(c.Templates); err != nil {
		return nil, fmt.Errorf("%s: templates: %w", path, err)
	}
	r.template.ExternalURL = o.ExternalURL.JoinPath("alertmanager")
	used := map[string]bool{}
	r.routes.Walk(func(route *dispatch.Route) { used[route.RouteOpts.Receiver] = true })
	for _, rc := range c.Receivers {
		if !used[rc.Name] {
			continue // Alertmanager makes none that no route leads to
		}
		if r.receivers[rc.Name], err = receiver.BuildReceiverIntegrations(rc, r.template, o.Logger.With("component", "pager_receivers")); err != nil {
			return nil, fmt.Errorf("%s: receiver %s: %w", path, rc.Name, err)
		}
	}
	for _, i := range c.MuteTimeIntervals {
		r.intervals[i.Name] = i.TimeIntervals
	}
	for _, i := range c.TimeIntervals {
		r.intervals[i.Name] = i.TimeIntervals
	}
	return r, nil
}

// longestInterval returns the longest group_interval there is.
func (r *routing) longestInterval() (longest time.Duration) {
	r.routes.Walk(func(route *dispatch.Route) { longest = max(longest, route.RouteOpts.GroupInterval) })
	return longest
}

// route puts r in place of what routes now. Nothing is lost in between: alerts
// are kept apart, and the notification log knows what has been sent.
func (p *pager) route(r *routing) {
	p.stopRouting()
	inhibitor := inhibit.NewInhibitor(p.alerts, r.config.InhibitRules, p.log("inhibit"), p.recorder)
	stages := p.pipeline.New(r.receivers, func() time.Duration { return 0 }, inhibitor, p.silencer,
		timeinterval.NewIntervener(r.intervals), p.groups, p.notified, nil)
	p.api.Update(r.config, func(ctx context.Context, ls model.LabelSet) {
		p.inhibitor.Load().Mutes(ctx, ls)
		p.silencer.Mutes(ctx, ls)
	})
	dispatcher := dispatch.NewDispatcher(p.alerts, r.routes, stages, p.groups,
		func(d time.Duration) time.Duration { return max(d, notify.MinTimeout) },
		dispatcherMaintenance, nil, p.log("dispatch"), p.recorder, p.metrics, r.template)
	// The inhibitor first: an alert that is inhibited must not get past it while
	// it does not know of the others. Either is shown to the API once it is full.
	p.routing.Go(inhibitor.Run)
	inhibitor.WaitForLoading()
	p.inhibitor.Store(inhibitor)
	p.routing.Go(func() { dispatcher.Run(p.started) })
	dispatcher.WaitForLoading()
	p.dispatcher.Store(dispatcher)
}

// stopRouting stops what routes, if anything does.
func (p *pager) stopRouting() {
	if i := p.inhibitor.Load(); i != nil {
		i.Stop()
	}
	if d := p.dispatcher.Load(); d != nil {
		d.Stop()
	}
	p.routing.Wait()
}
