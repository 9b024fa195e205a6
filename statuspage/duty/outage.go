// SPDX-License-Identifier: Apache-2.0

package duty

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/alerts"
	"github.com/pharos-status/pharos/statuspage/config"
	"github.com/pharos-status/pharos/statuspage/desk"
)

// A reason is an alert to tell people of.
type reason struct {
	ref    statuspage.Ref
	opener opener
	policy config.Policy
	starts time.Time // when the alert began to fire
	told   time.Time // when it had fired for long enough
}

// reasons returns what is to be told, the oldest first, for each service in turn. An
// alert is a reason only where it has fired for long enough and Prometheus says, too,
// that the component is sick or dead, and not because of maintenance.
func reasons(firing []alerts.Alert, f *config.FromAlerts, t *truth, now time.Time) [][]reason {
	var all [][]reason
	place := map[string]int{}
	for _, a := range firing {
		r := statuspage.Ref{Service: a.Labels[schema.Service], Node: a.Labels[schema.Node]}
		severity := a.Labels[schema.Severity]
		policy, after := f.For(r.Service, severity)
		told := a.Starts.Add(after)
		if s := t.of(r); policy == config.Off || told.After(now) || s != status.Sick && s != status.Dead {
			continue
		}
		at, ok := place[r.Service]
		if !ok {
			at = len(all)
			place[r.Service] = at
			all = append(all, nil)
		}
		all[at] = append(all[at], reason{r, opener{a.Labels[model.AlertNameLabel], r.Service, severity}, policy, a.Starts, told})
	}
	return all
}

// An outage is what alerts and the truth say of a service that is not well.
type outage struct {
	service  string
	opener   opener
	policy   config.Policy
	starts   time.Time        // of the oldest alert
	affected []statuspage.Ref // sorted; never empty
	impact   statuspage.Impact
}

// newOutage returns what the reasons make together. There is one or more, of one service.
func newOutage(all []reason, t *truth) *outage {
	first := all[0]
	k := &outage{service: first.ref.Service, opener: first.opener, policy: first.policy, starts: first.starts}
	for _, r := range all {
		if r.policy == config.Publish {
			k.policy = r.policy
		}
		k.affected = append(k.affected, r.ref)
	}
	k.affected = merged(k.affected)
	k.impact = impactOf(k.affected, t)
	return k
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
