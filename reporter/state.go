// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"encoding/json"
	"time"
)

// A State is what a [Reporter] knows at a time.
type State struct {
	Service string `json:"service,omitempty"` // of the replica that is reported
	Node    string `json:"node,omitempty"`
	Replica string `json:"replica,omitempty"`

	Health    Health                `json:"health"`           // as it is reported next; Unknown before all checks have answered
	Reason    string                `json:"reason,omitempty"` // why it is not healthy
	Load      *Load                 `json:"load,omitempty"`   // the last that was measured; nil before, and in mode Local
	Checks    map[string]CheckState `json:"checks,omitempty"` // by their names; those that have not answered yet are missing
	Endpoints []EndpointState       `json:"endpoints"`        // in the order of Options.Endpoints
}

// A CheckState is what a check has found last.
type CheckState struct {
	Health Health `json:"health"`
	Reason string `json:"reason,omitempty"` // its name and the text of its error; at most 200 bytes
}

// An EndpointState is how it goes with an endpoint.
type EndpointState struct {
	URL        string    `json:"url"`
	LastReport time.Time `json:"last_report,omitzero"` // when one was taken last; zero before
	Reports    uint64    `json:"reports"`              // how many were taken
	Failures   uint64    `json:"failures"`             // how many attempts to report have failed
	Error      string    `json:"error,omitempty"`      // of the last attempt; empty if it was taken
}

// State returns what is known now. All of it is the caller's.
func (r *Reporter) State() State {
	if r == nil {
		return State{Health: Unknown}
	}
	o := r.options
	s := State{Service: o.Service, Node: o.Node, Replica: o.Replica, Checks: map[string]CheckState{}}
	s.Health, s.Reason = r.health()
	if measured := r.measured(); measured != nil {
		load := *measured
		s.Load = &load
	}
	for _, t := range r.checks {
		if state := t.state(); state.Health != "" {
			s.Checks[t.name] = state
		}
	}
	for _, sender := range r.senders {
		for _, t := range sender.targets {
			s.Endpoints = append(s.Endpoints, t.snapshot())
		}
	}
	return s
}

// String returns the [State] as JSON. It makes a Reporter an expvar.Var:
//
//	expvar.Publish("pharos", r)
func (r *Reporter) String() string {
	text, err := json.Marshal(r.State())
	if err != nil {
		return "null"
	}
	return string(text)
}
