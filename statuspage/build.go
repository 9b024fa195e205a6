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
	p.Brand.CSPSources = slices.Clone(in.Brand.CSPSources)
	p.Problem = problem(in)
	p.Stale = p.Problem.Kind != NoProblem

	shown := selected(in)
	p.addEvents(in, shown)
	b := builder{
		reading: in.Reading, since: in.Since, stale: p.Stale, replicas: byNode(in.Reading.Replicas), shown: shown,
		active: active(p.Occurrences), past: newPastBuilder(in),
	}
	p.Today, p.Weights = b.past.today, b.past.history.Weights
	for _, l := range shown.layout.Services {
		p.Services = append(p.Services, b.service(l))
	}
	p.Status, p.Since = b.page(p.Services)
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
	since    Since
	stale    bool
	replicas map[status.NodeID][]status.ID // sorted by name
	shown    selection
	active   []Ref // what is in maintenance
	past     pastBuilder
}

// page returns the status of the whole, and since when it has been as bad. What
// is recorded counts only where the page shows all that it tells of.
func (b *builder) page(services []Service) (status.Status, time.Time) {
	recorded := part{b.reading.Overall, b.since.Overall}
	if b.shown.partly {
		recorded = part{status: status.Healthy}
	}
	st := b.whole(recorded.status, parts(services, func(s Service) status.Status { return s.Status }))
	return st, b.wholeSince(st, recorded, parts(services, func(s Service) part { return part{s.Status, s.Since} }))
}

func (b *builder) service(l ServiceLayout) Service {
	s := Service{ID: l.ID, Label: cmp.Or(Line(l.Label), l.ID)}
	covered := len(l.Nodes) > 0
	for _, n := range l.Nodes {
		node := b.node(l.ID, n)
		s.Nodes = append(s.Nodes, node)
		covered = covered && node.InMaintenance
	}
	recorded := part{b.reading.Services[l.ID], b.since.Services[l.ID]}
	if b.shown.cut[l.ID] {
		recorded = part{status: status.Healthy}
	} else {
		s.Past = b.past.service(l)
	}
	s.Status = b.whole(recorded.status, parts(s.Nodes, func(n Node) status.Status { return n.Status }))
	s.Since = b.wholeSince(s.Status, recorded, parts(s.Nodes, func(n Node) part { return part{n.Status, n.Since} }))
	s.InMaintenance = covered
	return s
}

func (b *builder) node(service string, l NodeLayout) Node {
	id := status.NodeID{Service: service, Node: l.ID}
	n := Node{ID: l.ID, Label: cmp.Or(Line(l.Label), l.ID), Mode: l.Mode, LinkURL: l.LinkURL, LinkLabel: Line(l.LinkLabel)}
	for i, replica := range b.replicas[id] {
		r := b.replica(b.reading.Replicas[replica])
		r.Number = i + 1
		if l.Reveal {
			r.Name = replica.Replica
		}
		n.Replicas = append(n.Replicas, r)
	}
	n.Status = b.reading.Nodes[id]
	if l.Mode != ModePromQL {
		worst := status.Worst(parts(n.Replicas, func(r Replica) status.Status { return r.Status }))
		n.Status = nodeStatus(n.Status, worst, len(n.Replicas))
	}
	if b.stale {
		n.Status = status.Unknown
	} else {
		b.addFigures(&n, id, l)
	}
	n.InMaintenance = slices.ContainsFunc(b.active, func(r Ref) bool { return r.Covers(id) })
	n.Past = b.past.node(id)
	n.Latency = b.past.history.Latency[id]
	return n
}

// addFigures adds what is of the moment, and would mislead later.
func (b *builder) addFigures(n *Node, id status.NodeID, l NodeLayout) {
	if n.Status != status.Healthy && n.Status == b.reading.Nodes[id] {
		n.Since = b.since.Nodes[id]
	}
	if messages, known := b.reading.Queues[id]; known {
		n.Queue = &messages
	}
	if value, known := b.reading.Values[id]; known && l.ShowValue {
		n.Value, n.Unit = &value, l.Unit
	}
}

// nodeStatus returns what to show of a node, of which the rules say recorded.
func nodeStatus(recorded, worst status.Status, replicas int) status.Status {
	switch {
	case replicas == 0:
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

// A part is what is known of a part of a whole.
type part struct {
	status status.Status
	since  time.Time
}

// wholeSince returns since when a whole has been as bad as it is: the earliest time of
// what is recorded of it and of its parts, as far as they are as bad. If nothing is
// recorded, one of the parts of which that is not known may be older than all others.
func (b *builder) wholeSince(st status.Status, recorded part, parts iter.Seq[part]) (oldest time.Time) {
	if b.stale || st == status.Healthy {
		return time.Time{}
	}
	if recorded.status == st {
		oldest = recorded.since
	}
	known := !oldest.IsZero()
	for p := range parts {
		switch {
		case p.status != st:
		case p.since.IsZero() && !known:
			return time.Time{}
		case !p.since.IsZero() && (oldest.IsZero() || p.since.Before(oldest)):
			oldest = p.since
		}
	}
	return oldest
}

func parts[T, P any](all []T, of func(T) P) iter.Seq[P] {
	return func(yield func(P) bool) {
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

func clone(v *float64) *float64 {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}
