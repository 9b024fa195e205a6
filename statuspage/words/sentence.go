// SPDX-License-Identifier: Apache-2.0

package words

import (
	"strconv"
	"time"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
)

// Sentence says how the whole is: that all is well, or what is wrong and for how
// long. What is in maintenance is no trouble; an incident that people have opened is,
// though nothing is measured.
func (w *Words) Sentence(p statuspage.Page) string {
	verdict := p.Verdict()
	s, maintenance := verdict.Status, verdict.Maintenance
	switch in := verdict.Incident; {
	case in != nil:
		return w.lasting(w.Text("sentence.incident", w.Text("incident.kind."+string(in.Impact)), in.Title), p, in.Started)
	case p.Stale || len(p.Services) == 0 && s == status.Unknown:
		return w.Text("sentence.unknown")
	case s == status.Healthy && maintenance:
		return w.Text("sentence.maintenance")
	case s == status.Healthy:
		return w.Text("sentence.healthy")
	}
	return w.lasting(w.trouble(p, s), p, troubleSince(p, s))
}

// lasting adds for how long it has been so, if that is known and a minute at least.
func (w *Words) lasting(sentence string, p statuspage.Page, since time.Time) string {
	if since.IsZero() || p.Built.Sub(since) < time.Minute {
		return sentence
	}
	return w.Text("sentence.for", sentence, w.Duration(p.Built.Sub(since)))
}

// trouble says what has the status s, which is not healthy.
func (w *Words) trouble(p statuspage.Page, s status.Status) string {
	total, so, name := 0, 0, ""
	for _, service := range p.Services {
		for _, n := range service.Nodes {
			if n.InMaintenance {
				continue
			}
			total++
			if n.Status == s {
				so++
				name = n.Label
			}
		}
	}
	key := "sentence." + s.String()
	switch {
	case so == 1 && total > 1:
		return w.Text(key+".named", name)
	case so == 0: // the rules know of more than the page shows
		return w.Text(key + ".some")
	case so == total:
		return w.Text(key + ".all")
	}
	return w.Plural(key+".count", so, strconv.Itoa(total))
}

// troubleSince returns since when something has been as bad as s, as far as that is
// known: the earliest time among what is.
func troubleSince(p statuspage.Page, s status.Status) (since time.Time) {
	for _, service := range p.Services {
		for _, n := range service.Nodes {
			if n.Status == s && !n.InMaintenance && !n.Since.IsZero() && (since.IsZero() || n.Since.Before(since)) {
				since = n.Since
			}
		}
	}
	return since
}

// Problem says why the page can't be trusted; it is empty if it can.
func (w *Words) Problem(p statuspage.Problem) string {
	if p.Kind == statuspage.NoProblem {
		return ""
	}
	return w.Text("problem."+string(p.Kind), w.Seconds(p.Since))
}
