// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/nflog/nflogpb"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pharos-status/pharos/internal/schema"
)

// Alertmanager forgets an alert that ends while it is inhibited, silenced or
// muted, but its notification log goes on to list it as told. So nobody hears of
// the end, and the next outage passes for a repetition: nobody hears of it either.
// Here the end of an alert is told to those, and only those, whom the log says to
// have heard of its beginning, whether it is muted by then or not; and after each
// round the log lists what is told and not over.

// pipeline returns the stages between the groups of alerts and the receivers: those
// of Alertmanager without a cluster, but for what is said above.
func (p *pager) pipeline(r *routing, inhibitor *inhibit.Inhibitor) notify.RoutingStage {
	intervals := timeinterval.NewIntervener(r.Intervals)
	mute := notify.MultiStage{
		notify.NewMuteStage(inhibitor, p.sending),
		notify.NewTimeActiveStage(intervals, p.groups, p.sending),
		notify.NewTimeMuteStage(intervals, p.groups, p.sending),
		notify.NewMuteStage(p.silencer, p.sending),
	}
	stages := make(notify.RoutingStage, len(r.Receivers))
	for name, integrations := range r.Receivers {
		var addressees []*addressee
		for i := range integrations {
			addressees = append(addressees, p.addressee(name, &integrations[i]))
		}
		stages[name] = toAll(mute, addressees)
	}
	p.sending.InitializeFor(r.Receivers)
	return stages
}

// toAll returns the stage that tells all integrations of a receiver, side by side.
func toAll(mute notify.Stage, addressees []*addressee) notify.Stage {
	return notify.StageFunc(func(ctx context.Context, l *slog.Logger, alerts ...*alert.Alert) (context.Context, []*alert.Alert, error) {
		ctx, open, err := mute.Exec(ctx, l, alerts...)
		if err != nil {
			return ctx, nil, err
		}
		var all notify.FanoutStage
		for _, a := range addressees {
			all = append(all, notify.StageFunc(func(ctx context.Context, l *slog.Logger, alerts ...*alert.Alert) (context.Context, []*alert.Alert, error) {
				return ctx, alerts, a.tell(ctx, l, alerts, open)
			}))
		}
		return all.Exec(ctx, l, alerts...)
	})
}

// An addressee is one integration of a receiver. Each has an entry of its own in
// the notification log for each group of alerts.
type addressee struct {
	log   *nflog.Log
	key   *nflogpb.Receiver
	ends  bool // are wanted
	stage notify.Stage
}

func (p *pager) addressee(receiver string, i *notify.Integration) *addressee {
	key := &nflogpb.Receiver{GroupName: receiver, Integration: i.Name(), Idx: uint32(i.Index())} //nolint:gosec // a position in a list
	return &addressee{log: p.notified, key: key, ends: i.SendResolved(), stage: notify.MultiStage{
		notify.NewDedupStage(i, p.notified, key),
		notify.NewRetryStage(*i, receiver, p.sending, p.recorder),
	}}
}

// tell sends what is news of the alerts, of which those that are open are not muted.
func (a *addressee) tell(ctx context.Context, l *slog.Logger, alerts, open []*alert.Alert) error {
	group, ok := notify.GroupKey(ctx)
	if !ok {
		return errors.New("group key missing")
	}
	entry, err := a.entry(group)
	if err != nil {
		return err
	}
	s := a.sort(entry, alerts, open)
	ctx, sent, err := a.stage.Exec(ctx, l, s.tell...)
	switch {
	case err != nil:
		return err
	case len(sent) > 0:
		firing, _ := notify.FiringAlerts(ctx)
		if len(firing) > 0 {
			firing = append(firing, s.kept...)
		} // else all was said to be over, and what is muted is told anew when it no longer is
		resolved, _ := notify.ResolvedAlerts(ctx)
		store, _ := notify.NflogStore(ctx)
		return a.note(group, firing, resolved, store)
	case len(s.over) > 0:
		over := set(s.over)
		firing := slices.DeleteFunc(slices.Clone(entry.FiringAlerts), func(id uint64) bool { return over[id] })
		return a.note(group, firing, entry.ResolvedAlerts, nflog.NewStore(entry))
	}
	return nil
}

// A selection is what an addressee is to be told, if it is news, and the hashes of
// alerts that it has heard of: those kept back that still fire, and all that are over.
type selection struct {
	tell       []*alert.Alert
	kept, over []uint64
}

// sort selects from the alerts. A message of an end that is muted has all that
// still fires of what was told, muted or not: without it the message would read as if
// all were over, and an incident would be closed. Nobody needs to hear of the end of a
// reminder.
func (a *addressee) sort(entry *nflogpb.Entry, alerts, open []*alert.Alert) (s selection) {
	told, unmuted := set(entry.GetFiringAlerts()), set(open)
	var still []*alert.Alert // fires, was told, is muted
	mutedEnd := false
	for _, one := range alerts {
		id := hash(one)
		switch {
		case !one.Resolved() && unmuted[one]:
			s.tell = append(s.tell, one)
		case !one.Resolved() && told[id]:
			still, s.kept = append(still, one), append(s.kept, id)
		case told[id]:
			s.over = append(s.over, id)
			if a.ends && (unmuted[one] || one.Labels[schema.Notification] != schema.NotificationReminder) {
				s.tell = append(s.tell, one)
				mutedEnd = mutedEnd || !unmuted[one]
			}
		}
	}
	if mutedEnd {
		s.tell, s.kept = append(s.tell, still...), nil
	}
	return s
}

func set[T comparable](all []T) map[T]bool {
	in := make(map[T]bool, len(all))
	for _, one := range all {
		in[one] = true
	}
	return in
}

// entry returns what the notification log has for the group; nil if nothing.
func (a *addressee) entry(group string) (*nflogpb.Entry, error) {
	entries, err := a.log.Query(nflog.QGroupKey(group), nflog.QReceiver(a.key))
	if errors.Is(err, nflog.ErrNotFound) || err == nil && len(entries) == 0 {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	if err != nil {
		return nil, err
	}
	return entries[0], nil
}

// note writes to the notification log. Alertmanager lets it forget after twice the
// repeat_interval, which is 8 hours by default and shorter than many a night that is
// muted. Here it remembers for as long as it does at most.
func (a *addressee) note(group string, firing, resolved []uint64, store *nflog.Store) error {
	return a.log.Log(a.key, group, firing, resolved, store, 0)
}

// hash returns what the notification log calls the alert.
func hash(a *alert.Alert) uint64 {
	b := labels.NewScratchBuilder(len(a.Labels))
	for name, value := range a.Labels {
		b.Add(string(name), string(value))
	}
	b.Sort()
	return labels.StableHash(b.Labels())
}
