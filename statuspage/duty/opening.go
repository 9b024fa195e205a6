// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// growEvery is how often at most an incident is told to affect more.
const growEvery = 5 * time.Minute

// An outage is what alerts and the truth say of a service that is not well.
type outage struct {
	service  string
	opener   opener
	policy   config.Policy
	starts   time.Time        // of the oldest alert
	affected []statuspage.Ref // sorted; never empty
	impact   statuspage.Impact
}

// incidents opens incidents, extends those that nobody has taken over, and closes them.
func (w *work) incidents(ctx context.Context, c store.Contents, now time.Time) error {
	cfg := w.o.Config()
	t := newTruth(w.o.Reading(), w.o.Layout(), c.Maintenances, time.Duration(cfg.StaleAfter), now)
	errs := []error{w.closeHealthy(ctx, c, t, cfg)}
	if !cfg.Incidents.FromAlerts.Enabled() || t.stale {
		return errors.Join(errs...)
	}
	firing, err := w.o.Alertmanager().Active(ctx)
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("look for alerts that open incidents: %w", err))...)
	}
	for _, k := range outages(firing, &cfg.Incidents.FromAlerts, t, now) {
		errs = append(errs, w.attend(ctx, k, c, t, now))
	}
	return errors.Join(errs...)
}

// outages returns what is to be told, by service. An alert is a reason only where it has
// fired for long enough and Prometheus says, too, that the component is sick or dead,
// and not because of maintenance.
func outages(firing []alerts.Alert, f *config.FromAlerts, t *truth, now time.Time) []*outage {
	byService := map[string]*outage{}
	var all []*outage
	for _, a := range firing {
		r := statuspage.Ref{Service: a.Labels[schema.Service], Node: a.Labels[schema.Node]}
		severity := a.Labels[schema.Severity]
		policy, after := f.For(r.Service, severity)
		if s := t.of(r); policy == config.Off || now.Sub(a.Starts) < after || s != status.Sick && s != status.Dead {
			continue
		}
		k := byService[r.Service]
		if k == nil {
			k = &outage{service: r.Service, policy: policy, starts: a.Starts, opener: opener{a.Labels[model.AlertNameLabel], r.Service, severity}}
			byService[r.Service] = k
			all = append(all, k)
		}
		if policy == config.Publish {
			k.policy = policy
		}
		k.affected = append(k.affected, r)
	}
	for _, k := range all {
		k.affected = merged(k.affected)
		k.impact = impactOf(k.affected, t)
	}
	return all
}

// attend opens an incident about a service, or extends the one that there is.
func (w *work) attend(ctx context.Context, k *outage, c store.Contents, t *truth, now time.Time) error {
	for i := range c.Incidents {
		open := &c.Incidents[i]
		switch {
		case !open.Open() || !about(open, k.service):
		case open.Alert == "":
			return nil // a person was faster
		default:
			return w.extend(ctx, open, k, t, now)
		}
	}
	dealt, err := w.dealtWith(ctx, k, c)
	if err != nil || dealt {
		return err
	}
	return w.open(ctx, k, c, t)
}

func (w *work) open(ctx context.Context, k *outage, c store.Contents, t *truth) error {
	started := k.starts
	for i := range c.Incidents {
		if last := &c.Incidents[i]; last.Resolved.After(started) && about(last, k.service) {
			started = last.Resolved // the alert has gone on, the outage has not
		}
	}
	draft, notify := k.policy == config.Draft, true
	phase, title, text := statuspage.Investigating, w.title(k.affected, t), w.list("duty.found", k.affected, t)
	components := texts(k.affected)
	i, err := w.o.Desk.OpenIncident(ctx, config.Program, desk.IncidentInput{
		Title: &title, Impact: &k.impact, Components: &components, Started: &started,
		Draft: &draft, Phase: &phase, Text: &text, Notify: &notify, Alert: k.opener.String(),
	})
	switch {
	case changedMeanwhile(err):
		return nil
	case err != nil:
		return fmt.Errorf("open an incident about service %q: %w", k.service, err)
	}
	w.o.Logger.InfoContext(ctx, "an alert has opened an incident", "service", k.service, "incident", i.ID, "alert", k.opener.String(), "draft", draft)
	return nil
}

// about tells whether an incident is about the service: because an alert about it
// opened it, or because people say so in public.
func about(i *statuspage.Incident, service string) bool {
	if i.Alert != "" {
		o, ok := parseOpener(i.Alert)
		return ok && o.service == service
	}
	return !i.Draft && slices.ContainsFunc(i.Components, func(r statuspage.Ref) bool { return r.Service == service })
}

// extend says of an incident what has become worse, and publishes a draft if an alert
// of a service asks for it. What a person has touched is theirs.
func (w *work) extend(ctx context.Context, i *statuspage.Incident, k *outage, t *truth, now time.Time) error {
	publish := i.Draft && k.policy == config.Publish
	affected := merged(slices.Concat(i.Components, k.affected))
	worse := rank(k.impact) > rank(i.Impact)
	grown := (worse || !slices.Equal(affected, i.Components)) && now.Sub(i.Updated) >= growEvery
	if !publish && !grown {
		return nil
	}
	if touched, err := w.touched(ctx, i.ID); err != nil || touched {
		return err
	}
	if publish {
		draft := false
		_, err := w.o.Desk.ChangeIncident(ctx, config.Program, i.ID, desk.IncidentInput{Draft: &draft, Seen: i.Updated})
		return w.done(err, "publish incident", i.ID)
	}
	if !worse {
		k.impact = i.Impact
	}
	notify := worse && rank(k.impact) >= rank(statuspage.ImpactMajor)
	text, components := w.list("duty.changed", affected, t), texts(affected)
	_, err := w.o.Desk.UpdateIncident(ctx, config.Program, i.ID, desk.UpdateInput{
		Text: &text, Impact: &k.impact, Components: &components, Notify: &notify, Seen: i.Updated,
	})
	return w.done(err, "update incident", i.ID)
}

func (w *work) done(err error, what, id string) error {
	if err == nil || changedMeanwhile(err) {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, id, err)
}

// merged returns the components, sorted: a service in the place of its nodes, if it is
// there itself or if there are more of them than an incident can have.
func merged(refs []statuspage.Ref) []statuspage.Ref {
	refs = slices.Clone(refs)
	if len(refs) > desk.MaxComponents {
		for i := range refs {
			refs[i].Node = ""
		}
	}
	slices.SortFunc(refs, statuspage.Ref.Compare)
	return slices.Compact(slices.DeleteFunc(refs, func(r statuspage.Ref) bool {
		return r.Node != "" && slices.Contains(refs, statuspage.Ref{Service: r.Service})
	}))
}

// impactOf is critical where a service is dead as a whole, major where something is,
// and minor otherwise.
func impactOf(refs []statuspage.Ref, t *truth) statuspage.Impact {
	impact := statuspage.ImpactMinor
	for _, r := range refs {
		switch {
		case t.of(r) != status.Dead:
		case t.allDead(r.Service):
			return statuspage.ImpactCritical
		default:
			impact = statuspage.ImpactMajor
		}
	}
	return impact
}

func rank(i statuspage.Impact) int { return slices.Index(statuspage.Impacts(), i) }

func texts(refs []statuspage.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.String()
	}
	return out
}
