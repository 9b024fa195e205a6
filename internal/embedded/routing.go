// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"path/filepath"
	"time"

	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/notify"
	commonconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/rules/alerting"
)

// A routing is a checked alertmanager.yml: all that may fail has been done.
type routing struct{ *check.Routing }

// loadRouting reads alertmanager.yml, to which a adds its routes.
func loadRouting(o Options, a *alerting.Config) (*routing, error) {
	var client []commonconfig.HTTPClientOption
	if o.Dial != nil {
		client = append(client, commonconfig.WithDialContextFunc(o.Dial))
	}
	r, err := check.LoadAlertmanager(filepath.Join(o.ConfigDir, "alertmanager.yml"), a,
		o.ExternalURL.JoinPath("alertmanager"), o.Logger.With("component", "pager_receivers"), client...)
	return &routing{r}, err
}

// longestInterval returns the longest group_interval there is.
func (r *routing) longestInterval() (longest time.Duration) {
	r.Routes.Walk(func(route *dispatch.Route) { longest = max(longest, route.RouteOpts.GroupInterval) })
	return longest
}

// route puts r in place of what routes now. Nothing is lost in between: alerts
// are kept apart, and the notification log knows what has been sent.
func (p *pager) route(r *routing) {
	p.stopRouting()
	inhibitor := inhibit.NewInhibitor(p.alerts, r.Config.InhibitRules, p.log("inhibit"), p.recorder)
	p.api.Update(r.Config, func(ctx context.Context, ls model.LabelSet) {
		p.inhibitor.Load().Mutes(ctx, ls)
		p.silencer.Mutes(ctx, ls)
	})
	dispatcher := dispatch.NewDispatcher(p.alerts, r.Routes, p.pipeline(r, inhibitor), p.groups,
		func(d time.Duration) time.Duration { return max(d, notify.MinTimeout) },
		dispatcherMaintenance, nil, p.log("dispatch"), p.recorder, p.metrics, r.Template)
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
