// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// An Input is all that a page is built from.
type Input struct {
	ID            string // of the page; see [Page]
	Brand         Brand
	Language      string
	Private       bool
	Reading       Reading                                 // the last good one; the zero Reading if there never was one
	Since         Since                                   // see [Source]
	Layout        Layout                                  // the last one known, for a Reading that has none
	Selects       func(service string, n NodeLayout) bool // whether the page shows a node; nil: it shows all
	History       History
	Incidents     []Incident     // in any order, drafts among them
	Maintenances  []Maintenance  // likewise
	Corrections   []Correction   // likewise
	Announcements []Announcement // likewise
	ReadOnly      bool
	Now           time.Time
	StaleAfter    time.Duration // age of Reading.At or Reading.Newest beyond which all is unknown
}

// Build lays the input out as a page. It is pure: the page shares no memory with
// the input, and equal inputs give equal pages.
//
// A page errs to the side of caution. The recorded severities decide, but a
// whole is never shown healthier than what is shown below it: a service and the
// page are at least as bad as their worst part, and a node is healthy only if
// all of its replicas are (a node that may miss some of its replicas is not as
// bad as the worst of them, so no more can be said of it). What the reading does
// not mention is unknown, and so is everything once the reading is stale.
func Build(in Input) Page {
	p := Page{
		ID: in.ID, Language: in.Language, Private: in.Private, ReadOnly: in.ReadOnly,
		Brand:         in.Brand,
		Built:         in.Now,
		AsOf:          in.Reading.Newest,
		Announcements: newestFirst(in.Announcements),
	}
	p.Problem = problem(in)
	p.Stale = p.Problem.Kind != NoProblem

	layout := in.Reading.Layout
	if len(layout.Services) == 0 {
		layout = in.Layout
	}
	b := builder{reading: in.Reading, stale: p.Stale, replicas: byNode(in.Reading.Replicas)}
	for _, l := range layout.Services {
		p.Services = append(p.Services, b.service(l))
	}
	p.Status = b.whole(in.Reading.Overall, parts(p.Services, func(s Service) status.Status { return s.Status }))
	return p
}

// problem says why the reading can't be believed.
func problem(in Input) Problem {
	tooOld := func(t time.Time) bool { return in.Now.Sub(t) > in.StaleAfter }
	switch r := in.Reading; {
	case r.At.IsZero():
		return Problem{Kind: NeverAnswered}
	case tooOld(r.At):
		return Problem{NoAnswer, r.At}
	case r.Newest.IsZero():
		return Problem{Kind: NoData}
	case tooOld(r.Newest):
		return Problem{NoNewData, r.Newest}
	}
	return Problem{}
}

// A builder makes the parts of a page from one reading.
type builder struct {
	reading  Reading
	stale    bool
	replicas map[status.NodeID][]status.ID // sorted by name
}

func (b *builder) service(l ServiceLayout) Service {
	s := Service{ID: l.ID, Label: cmp.Or(l.Label, l.ID)}
	for _, n := range l.Nodes {
		s.Nodes = append(s.Nodes, b.node(l.ID, n))
	}
	s.Status = b.whole(b.reading.Services[l.ID], parts(s.Nodes, func(n Node) status.Status { return n.Status }))
	return s
}

func (b *builder) node(service string, l NodeLayout) Node {
	id := status.NodeID{Service: service, Node: l.ID}
	n := Node{ID: l.ID, Label: cmp.Or(l.Label, l.ID), Mode: l.Mode, LinkURL: l.LinkURL, LinkLabel: l.LinkLabel}
	for i, replica := range b.replicas[id] {
		r := b.replica(b.reading.Replicas[replica])
		r.Number = i + 1
		if l.Reveal {
			r.Name = replica.Replica
		}
		n.Replicas = append(n.Replicas, r)
	}
	worst := status.Worst(parts(n.Replicas, func(r Replica) status.Status { return r.Status }))
	n.Status = b.nodeStatus(b.reading.Nodes[id], worst, len(n.Replicas))
	return n
}

// nodeStatus returns what to show of a node, of which the rules say recorded.
func (b *builder) nodeStatus(recorded, worst status.Status, replicas int) status.Status {
	switch {
	case b.stale || replicas == 0:
		return status.Unknown
	case recorded == status.Healthy && worst == status.Dead:
		return status.Sick
	case recorded == status.Healthy:
		return worst
	}
	return recorded
}

func (b *builder) replica(r ReplicaReading) Replica {
	out := Replica{Latency: r.Latency, CPU: clone(r.CPU), RAM: clone(r.RAM), LastSeen: r.LastSeen}
	if b.stale {
		return out
	}
	out.Status = r.Status
	if r.Status != status.Healthy {
		out.Reason = r.Reason
	}
	return out
}

// whole returns the status of something made of parts.
func (b *builder) whole(recorded status.Status, parts iter.Seq[status.Status]) status.Status {
	if b.stale {
		return status.Unknown
	}
	worst := status.Worst(parts)
	if recorded.Severity() > worst.Severity() {
		return recorded
	}
	return worst
}

func parts[T any](all []T, of func(T) status.Status) iter.Seq[status.Status] {
	return func(yield func(status.Status) bool) {
		for _, part := range all {
			if !yield(of(part)) {
				return
			}
		}
	}
}

func byNode(replicas map[status.ID]ReplicaReading) map[status.NodeID][]status.ID {
	out := map[status.NodeID][]status.ID{}
	for id := range replicas {
		out[id.NodeID()] = append(out[id.NodeID()], id)
	}
	for _, ids := range out {
		slices.SortFunc(ids, status.ID.Compare)
	}
	return out
}

func newestFirst(all []Announcement) []Announcement {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b Announcement) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.ID, a.ID))
	})
	return out
}

func clone(v *float64) *float64 {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}
