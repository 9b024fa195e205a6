// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

// closeHealthy closes what alerts opened once all that it affects has been healthy for
// long enough. Time in which that is not known does not count: it begins anew.
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
			errs = append(errs, w.resolve(ctx, i, cfg))
		}
	}
	w.healthy = healthy
	return errors.Join(errs...)
}

// allHealthy tells whether Prometheus says so of each component. Nothing is said of an
// incident without components.
func allHealthy(refs []statuspage.Ref, t *truth) bool {
	return len(refs) > 0 && !slices.ContainsFunc(refs, func(r statuspage.Ref) bool { return t.of(r) != status.Healthy })
}

// resolve closes an incident. One that a person has taken over is closed only where the
// policy is to publish and nobody has said that they are watching it.
func (w *work) resolve(ctx context.Context, i *statuspage.Incident, cfg *config.Config) error {
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
	phase, text := statuspage.Resolved, w.words().Text("duty.resolved")
	_, err = w.o.Desk.UpdateIncident(ctx, config.Program, i.ID, desk.UpdateInput{Phase: &phase, Text: &text, Seen: i.Updated})
	if err == nil {
		w.o.Logger.InfoContext(ctx, "an incident is closed, since all that it affects is healthy", "incident", i.ID)
	}
	return w.done(err, "close incident", i.ID)
}

// touched tells whether a person has changed the incident.
func (w *work) touched(ctx context.Context, id string) (bool, error) {
	entries, err := w.o.Store.Journal(ctx, id, 0, journalLook)
	return slices.ContainsFunc(entries, func(e store.Entry) bool { return e.Author != config.Program }), err
}

// dealtWith tells whether a person has closed or deleted an incident about the same
// outage: an alert that still fires does not open another one.
func (w *work) dealtWith(ctx context.Context, k *outage, c store.Contents) (bool, error) {
	if starts, ok := w.dismissed[k.service]; ok && !k.starts.After(starts) {
		return true, nil
	}
	dealt, err := w.closedByPerson(ctx, k, c)
	if err == nil && !dealt {
		dealt, err = w.deletedByPerson(ctx, k)
	}
	if dealt {
		w.dismissed[k.service] = k.starts
	}
	return dealt, err
}

func (w *work) closedByPerson(ctx context.Context, k *outage, c store.Contents) (bool, error) {
	for n := range c.Incidents {
		i := &c.Incidents[n]
		if o, ok := parseOpener(i.Alert); !ok || o.service != k.service || i.Resolved.Before(k.starts) {
			continue
		}
		if touched, err := w.touched(ctx, i.ID); err != nil || touched {
			return touched, err
		}
	}
	return false, nil
}

func (w *work) deletedByPerson(ctx context.Context, k *outage) (bool, error) {
	entries, err := w.o.Store.Journal(ctx, "", 0, journalLook)
	for _, e := range entries {
		var i statuspage.Incident
		if e.After != nil || e.Time.Before(k.starts) || json.Unmarshal(e.Before, &i) != nil {
			continue
		}
		if o, ok := parseOpener(i.Alert); ok && o.service == k.service {
			return true, nil
		}
	}
	return false, err
}
