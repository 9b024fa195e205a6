// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"maps"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

const (
	// resendDelay is how often Alertmanager is told what it knows.
	resendDelay = time.Minute
	// alertLasts is how long an alert fires if it is not told of again. It bears two
	// evaluations or messages that are lost.
	alertLasts = 4 * resendDelay
)

// A teller tells Alertmanager of alerts: at once when one begins, ends or says
// something else, and every resendDelay. What an outage says counts the dead, and
// while Alertmanager gathers a group, there are more from one event to the next.
// Only the goroutine that evaluates uses it.
type teller struct {
	send  rules.NotifyFunc
	known map[uint64]told
	swept time.Time
}

type told struct {
	says     labels.Labels
	resolved bool
	at       time.Time
}

func newTeller(send rules.NotifyFunc) *teller { return &teller{send: send, known: map[uint64]told{}} }

// tell implements [rules.NotifyFunc]. It is called at each evaluation with copies
// of all alerts of a rule.
func (t *teller) tell(ctx context.Context, expr string, alerts ...*rules.Alert) {
	var news []*rules.Alert
	for _, a := range alerts {
		key, now := a.Labels.Hash(), told{a.Annotations, !a.ResolvedAt.IsZero(), a.LastSentAt}
		before, ok := t.known[key]
		if ok && now.resolved == before.resolved && now.at.Sub(before.at) < resendDelay && labels.Equal(now.says, before.says) {
			continue
		}
		t.known[key] = now
		if end := now.at.Add(alertLasts); a.ValidUntil.Before(end) {
			a.ValidUntil = end
		}
		news = append(news, a)
		t.sweep(now.at)
	}
	if len(news) > 0 {
		t.send(ctx, expr, news...)
	}
}

// sweep forgets alerts that nobody speaks of any more.
func (t *teller) sweep(now time.Time) {
	if now.Sub(t.swept) < alertLasts {
		return
	}
	t.swept = now
	maps.DeleteFunc(t.known, func(_ uint64, w told) bool { return now.Sub(w.at) > alertLasts })
}
