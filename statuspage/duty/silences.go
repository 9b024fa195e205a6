// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/store"
)

const (
	ahead          = 24 * time.Hour // silences are set for what begins within it
	maxOccurrences = 25             // of a maintenance, within ahead
	maxSilences    = 2000
	marks          = "maintenance/"
)

// silenced is what is known of the silences in Alertmanager.
type silenced struct {
	in     Alertmanager              // nil: none is known
	wanted map[string]alerts.Silence // that were there when we looked last, by mark
	looked time.Time                 // zero: not yet
}

// silences makes Alertmanager hold exactly the silences that maintenance wants.
func (w *work) silences(ctx context.Context, c store.Contents, now time.Time) error {
	wanted := map[string]alerts.Silence{}
	if w.o.Config().Maintenance.Silence {
		wanted = wantedSilences(c.Maintenances, w.o.Layout(), now)
	}
	am := w.o.Alertmanager()
	moved := w.silenced.in != nil && w.silenced.in.URL() != am.URL()
	if moved {
		if len(c.Maintenances) > 0 {
			w.withdraw(ctx, c, w.silenced.in)
		}
		w.silenced = silenced{}
	}
	same := !w.silenced.looked.IsZero() && maps.EqualFunc(wanted, w.silenced.wanted, equalSilences)
	if same && (len(wanted) == 0 || now.Sub(w.silenced.looked) < resync) {
		return nil
	}
	err := w.reconcile(ctx, c, am, wanted)
	w.silenced = silenced{in: am}
	switch {
	case err == nil && moved:
		return nil // the next round looks again: both may share what was just taken out of one
	case err == nil:
		w.silenced = silenced{am, wanted, now}
		return nil
	}
	if len(wanted) == 0 && len(c.Maintenances) == 0 {
		return nil // who declares no maintenance may have no Alertmanager
	}
	return fmt.Errorf("silence what is in maintenance: %w", err)
}

// withdraw ends our silences in an Alertmanager that is no longer ours to tell. Where it
// is away they last for as long as they were meant to.
func (w *work) withdraw(ctx context.Context, c store.Contents, am Alertmanager) {
	if err := w.reconcile(ctx, c, am, nil); err != nil {
		w.o.Logger.WarnContext(ctx, "silences of maintenance are left in the Alertmanager that was configured before; expire them there", "url", am.URL(), "err", err)
	}
}

// reconcile changes what differs. Missing silences come first, so that what is
// silenced stays so while a maintenance moves.
func (w *work) reconcile(ctx context.Context, c store.Contents, am Alertmanager, wanted map[string]alerts.Silence) error {
	there, err := am.Marked(ctx, marks)
	if err != nil {
		return err
	}
	found, surplus := map[string]alerts.Silence{}, []alerts.Silence{}
	for _, s := range there {
		_, twice := found[s.Mark]
		if _, ok := wanted[s.Mark]; ok && !twice {
			found[s.Mark] = s
		} else {
			surplus = append(surplus, s)
		}
	}
	var errs []error
	for _, mark := range slices.Sorted(maps.Keys(wanted)) {
		want, have := wanted[mark], found[mark]
		want.ID = have.ID
		if have.Begun {
			want.Starts = have.Starts
		}
		if have.ID == "" || !equalSilences(want, have) {
			errs = append(errs, am.SetSilence(ctx, want))
		}
	}
	for _, s := range surplus {
		ours, err := w.ours(ctx, c, s.Mark)
		if ours && err == nil {
			err = am.Expire(ctx, s.ID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// ours tells whether a silence belongs to a maintenance of this page, be it one that
// was deleted: other pages may share the Alertmanager.
func (w *work) ours(ctx context.Context, c store.Contents, mark string) (bool, error) {
	id, _, _ := strings.Cut(strings.TrimPrefix(mark, marks), "/")
	if slices.ContainsFunc(c.Maintenances, func(m statuspage.Maintenance) bool { return m.ID == id }) {
		return true, nil
	}
	entries, err := w.o.Store.Journal(ctx, id, 0, 1)
	return id != "" && len(entries) > 0, err
}

// wantedSilences returns a silence for each component of each occurrence that is under
// way or near, by mark. Where there are too many, those that are not near yet have
// their turn later.
func wantedSilences(all []statuspage.Maintenance, l statuspage.Layout, now time.Time) map[string]alerts.Silence {
	wanted := map[string]alerts.Silence{}
	for _, within := range []time.Duration{time.Hour, ahead} {
		for i := range all {
			m := &all[i]
			for _, o := range m.Between(now, now.Add(within), maxOccurrences) {
				for _, r := range silencedRefs(m.Components, l) {
					if s := silenceOf(m, o, r); len(wanted) < maxSilences {
						wanted[s.Mark] = s
					}
				}
			}
		}
	}
	return wanted
}

func silenceOf(m *statuspage.Maintenance, o statuspage.Cut, r statuspage.Ref) alerts.Silence {
	s := alerts.Silence{
		Mark:   marks + m.ID + "/" + strconv.FormatInt(o.Start.UnixMilli(), 10) + "/" + url.QueryEscape(r.String()),
		Labels: map[string]string{schema.Service: r.Service},
		Starts: o.Start, Ends: o.End,
		Text: "Maintenance, by the status page: " + strings.Join(strings.Fields(m.Title), " "),
	}
	if r.Node != "" {
		s.Labels[schema.Node] = r.Node
	}
	return s
}

// silencedRefs returns the components, and each service all of whose nodes are among
// them: the alerts about it as a whole have no node.
func silencedRefs(refs []statuspage.Ref, l statuspage.Layout) []statuspage.Ref {
	out := slices.Clone(refs)
	for _, s := range l.Services {
		whole := len(s.Nodes) > 0 && !slices.Contains(refs, statuspage.Ref{Service: s.ID})
		for _, n := range s.Nodes {
			whole = whole && slices.Contains(refs, statuspage.Ref{Service: s.ID, Node: n.ID})
		}
		if whole {
			out = append(out, statuspage.Ref{Service: s.ID})
		}
	}
	return out
}

// equalSilences compares what is written in them, and not who has them.
func equalSilences(a, b alerts.Silence) bool {
	same := func(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() }
	return a.Mark == b.Mark && a.Text == b.Text && maps.Equal(a.Labels, b.Labels) && same(a.Starts, b.Starts) && same(a.Ends, b.Ends)
}
