// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// growEvery is how often at most an incident is told to affect more.
const growEvery = 5 * time.Minute

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
	for _, all := range reasons(firing, &cfg.Incidents.FromAlerts, t, now) {
		errs = append(errs, w.attend(ctx, all, c, t, now))
	}
	return errors.Join(errs...)
}

// attend opens an incident about a service, or extends the one that there is. The
// reasons are those of one service.
func (w *work) attend(ctx context.Context, all []reason, c store.Contents, t *truth, now time.Time) error {
	service := all[0].ref.Service
	oldest := slices.MinFunc(all, func(a, b reason) int { return a.told.Compare(b.told) })
	dismissed, err := w.dismissedUntil(ctx, service, oldest.told, c)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(r reason) bool { return !r.told.After(dismissed) })
	if len(all) == 0 {
		return nil
	}
	k := newOutage(all, t)
	for i := range c.Incidents {
		open := &c.Incidents[i]
		switch {
		case !open.Open() || !about(open, service):
		case open.Alert == "":
			return nil // a person was faster
		default:
			return w.extend(ctx, open, k, t, now)
		}
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
		_, err := w.o.Desk.ChangeIncident(ctx, config.Program, i.ID, desk.IncidentInput{Draft: &draft, Seen: &i.Updated})
		return w.done(err, "publish incident", i.ID)
	}
	if !worse {
		k.impact = i.Impact
	}
	notify := worse && rank(k.impact) >= rank(statuspage.ImpactMajor)
	text, components := w.list("duty.changed", affected, t), texts(affected)
	_, err := w.o.Desk.UpdateIncident(ctx, config.Program, i.ID, desk.UpdateInput{
		Text: &text, Impact: &k.impact, Components: &components, Notify: &notify, Seen: &i.Updated,
	})
	return w.done(err, "update incident", i.ID)
}

func (w *work) done(err error, what, id string) error {
	if err == nil || changedMeanwhile(err) {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, id, err)
}

func texts(refs []statuspage.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.String()
	}
	return out
}
