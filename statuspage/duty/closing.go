// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// closeHealthy closes what alerts opened once all that it affects has been healthy, or
// has not been there, for long enough. Time in which that is not known does not count:
// it begins anew.
func (w *work) closeHealthy(ctx context.Context, c store.Contents, t *truth, cfg *config.Config) error {
	healthy := map[string]time.Time{}
	var errs []error
	for n := range c.Incidents {
		i := &c.Incidents[n]
		if i.Alert == "" || !i.Open() || !allHealthy(i.Components, t) {
			continue
		}
		since, ok := w.healthy[i.ID]
		if !ok {
			since = t.at
		}
		healthy[i.ID] = since
		if t.at.Sub(since) >= time.Duration(cfg.Incidents.FromAlerts.ResolveAfter) {
			errs = append(errs, w.resolve(ctx, i, t, cfg))
		}
	}
	w.healthy = healthy
	return errors.Join(errs...)
}

// allHealthy tells whether Prometheus says so of each component that is still there.
// Nothing is said of an incident without components.
func allHealthy(refs []statuspage.Ref, t *truth) bool {
	return len(refs) > 0 && !slices.ContainsFunc(refs, func(r statuspage.Ref) bool { return t.of(r) != status.Healthy && !t.gone(r) })
}

// resolve closes an incident. One that a person has taken over is closed only where the
// policy is to publish and nobody has said that they are watching it.
func (w *work) resolve(ctx context.Context, i *statuspage.Incident, t *truth, cfg *config.Config) error {
	touched, err := w.touched(ctx, i.ID)
	if err != nil {
		return err
	}
	if o, ok := parseOpener(i.Alert); touched && ok {
		policy, _ := cfg.Incidents.FromAlerts.For(o.service, o.severity)
		if i.Draft || policy != config.Publish || i.Phase() == statuspage.Monitoring {
			return nil
		}
	}
	key := "duty.gone"
	if slices.ContainsFunc(i.Components, func(r statuspage.Ref) bool { return !t.gone(r) }) {
		key = "duty.resolved"
	}
	phase, text := statuspage.Resolved, w.words().Text(key)
	_, err = w.o.Desk.UpdateIncident(ctx, config.Program, i.ID, desk.UpdateInput{Phase: &phase, Text: &text, Seen: &i.Updated})
	if err == nil {
		w.o.Logger.InfoContext(ctx, "an incident is closed, since all that it affects is healthy, or is there no more", "incident", i.ID)
	}
	return w.done(err, "close incident", i.ID)
}

// touched tells whether a person has changed the incident.
func (w *work) touched(ctx context.Context, id string) (bool, error) {
	authors, err := w.o.Store.Authors(ctx, id)
	return slices.ContainsFunc(authors, func(name string) bool { return name != config.Program }), err
}
