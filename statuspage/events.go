// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// A Phase is how far people are with an incident or a maintenance; see
// [IncidentPhases] and [MaintenancePhases] for their order.
type Phase string

// The phases, in the words of the Statuspage format.
const (
	Investigating Phase = "investigating"
	Identified    Phase = "identified"
	Monitoring    Phase = "monitoring"
	Resolved      Phase = "resolved"
	Postmortem    Phase = "postmortem"

	Scheduled  Phase = "scheduled"
	InProgress Phase = "in_progress"
	Verifying  Phase = "verifying"
	Completed  Phase = "completed"
)

// IncidentPhases returns the phases of an incident, first to last.
func IncidentPhases() []Phase {
	return []Phase{Investigating, Identified, Monitoring, Resolved, Postmortem}
}

// MaintenancePhases returns the phases of a maintenance, first to last.
func MaintenancePhases() []Phase { return []Phase{Scheduled, InProgress, Verifying, Completed} }

// An Impact is how bad an incident is for visitors.
type Impact string

// The impacts, least first.
const (
	ImpactNone     Impact = "none"
	ImpactMinor    Impact = "minor"
	ImpactMajor    Impact = "major"
	ImpactCritical Impact = "critical"
)

// Impacts returns all impacts, least first.
func Impacts() []Impact { return []Impact{ImpactNone, ImpactMinor, ImpactMajor, ImpactCritical} }

// A Ref names a component of the page: a service as a whole (Node is empty) or
// one of its nodes. Its text is "service" or "service/node", each part
// percent-encoded where it holds a slash or a percent sign.
type Ref struct {
	Service string
	Node    string
}

// An Update is an entry of a timeline.
type Update struct {
	ID      string    `json:"id"`
	Phase   Phase     `json:"phase"`
	Text    string    `json:"text"` // Markdown
	Time    time.Time `json:"time"` // shown to people; may be set by hand
	Created time.Time `json:"created"`
	Edited  time.Time `json:"edited,omitzero"`
}

// An Incident is what people are told of something that went wrong. Times are in
// UTC, to the millisecond.
type Incident struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Impact     Impact    `json:"impact"`
	Components []Ref     `json:"components"` // what it hits, sorted; may be empty
	Started    time.Time `json:"started"`
	Resolved   time.Time `json:"resolved,omitzero"` // zero while it is open
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated"`
	Draft      bool      `json:"draft,omitempty"` // not to be shown to the public
	Alert      string    `json:"alert,omitempty"` // what opened it, if an alert did: never shown to the public
	Updates    []Update  `json:"updates"`         // oldest first by Time; never empty once it is public
}

// Phase returns that of the newest update, Investigating if there is none.
func (i *Incident) Phase() Phase {
	if len(i.Updates) == 0 {
		return Investigating
	}
	return i.Updates[len(i.Updates)-1].Phase
}

// Open tells whether the incident goes on.
func (i *Incident) Open() bool { return i.Resolved.IsZero() }

// A Maintenance is planned work, once or again and again. Occurrences in
// recurrence.go says when.
type Maintenance struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Text       string    `json:"text"` // Markdown
	Components []Ref     `json:"components"`
	Start      time.Time `json:"start"`           // of the first occurrence
	End        time.Time `json:"end"`             // of the first occurrence; after Start
	RRule      string    `json:"rrule,omitempty"` // RFC 5545 §3.3.10, without "RRULE:"; empty: once
	TimeZone   string    `json:"time_zone"`       // IANA name, in which the rule recurs; UTC if empty
	Cuts       []Cut     `json:"cuts,omitempty"`  // occurrences that were ended early or called off
	Sequence   int       `json:"sequence"`        // RFC 5545 §3.8.7.4: grows with each change of the times
	Cancelled  bool      `json:"cancelled,omitempty"`
	Quiet      bool      `json:"quiet,omitempty"` // subscribers are not told when it begins and ends
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated"`
	Updates    []Update  `json:"updates,omitempty"` // oldest first
}

// A Cut is an exception: the occurrence that begins at Start ends at End. Where
// End is not after Start it does not take place.
type Cut struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// A Correction says that what was measured in a past interval was not so. The
// samples stay.
type Correction struct {
	ID         string        `json:"id"`
	Components []Ref         `json:"components"` // never empty
	From       time.Time     `json:"from"`
	To         time.Time     `json:"to"`
	Status     status.Status `json:"status"` // what it was in truth
	Reason     string        `json:"reason"` // for the public
	Created    time.Time     `json:"created"`
}

// A Template is a text that operators begin an incident or an update from.
type Template struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Title      string `json:"title"`
	Impact     Impact `json:"impact"`
	Phase      Phase  `json:"phase"`
	Text       string `json:"text"` // Markdown
	Components []Ref  `json:"components"`
}
