// SPDX-License-Identifier: Apache-2.0

package state

import (
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A Mode says how a node is watched.
type Mode string

// The modes. Nodes in the first two are probed; those in the last two report by
// themselves.
const (
	Poll   Mode = "poll"
	Script Mode = "script"
	Push   Mode = "push"  // applications report their load
	Local  Mode = "local" // a relay reports the status of what it sees
)

// reports tells whether the replicas of a node in this mode report by themselves.
func (m Mode) reports() bool { return m == Push || m == Local }

// A Node is what the store must know of a node of the configuration.
type Node struct {
	ID   status.NodeID
	Mode Mode

	// Replicas are what is probed. Nodes that take reports have none: their
	// replicas name themselves.
	Replicas []Probed

	// DeadAfter is how much later than its interval a report may be.
	DeadAfter time.Duration
	// ForgetAfter is how long a replica is kept without a report; 0 is for ever.
	ForgetAfter time.Duration
	// CPUSickAbove and RAMSickAbove are the loads, as ratios, above which a
	// replica is sick.
	CPUSickAbove, RAMSickAbove float64
	// Queue says which message queue speaks for the node's health, too; nil if
	// none does. For nodes in push mode.
	Queue *QueueLimits
}

// sameLimits tells whether two nodes judge what reports to them alike.
func (n Node) sameLimits(other Node) bool {
	return n.Mode == other.Mode && n.DeadAfter == other.DeadAfter && n.ForgetAfter == other.ForgetAfter &&
		n.CPUSickAbove == other.CPUSickAbove && n.RAMSickAbove == other.RAMSickAbove
}

// A Probed is what the store must know of a replica that is probed: how long its
// verdicts hold.
type Probed struct {
	Name      string        // at most status.MaxIDLength bytes
	Interval  time.Duration // between two probes
	Timeout   time.Duration // of each try
	Retries   int           // how often a dead replica is tried again
	RetryWait time.Duration // before each retry
}

// slack is how much later than it should a probe may come to its end before the
// verdict of the last one is given up: a busy machine is no news of the target.
const slack = 5 * time.Second

// holds returns how long a verdict is worth something without another one, or word
// of when that will come: if the probes have stopped, nothing is known.
func (p Probed) holds() time.Duration {
	probe := time.Duration(p.Retries+1)*p.Timeout + time.Duration(p.Retries)*p.RetryWait
	return 2*p.Interval + probe + slack
}

// holdsRestored returns how old a verdict of an earlier run may be.
func (p Probed) holdsRestored() time.Duration { return 2*p.Interval + p.Timeout }

// A node is a Node, and what is known of it.
type node struct {
	Node
	same    bool // as far as it says how reports are judged, the last Configure changed nothing
	members map[string]*entry
	queue   queueState
}

// A Replica is what is known of one replica at one time. It is a value: the
// store does not change what it has handed out.
type Replica struct {
	ID       status.ID
	Mode     Mode
	Status   status.Status
	Reason   status.Reason // None if healthy, or never seen
	Detail   string        // the reason in words, or what a healthy target said; may name the target, so it is not for the public
	At       time.Time     // of the last probe or report; zero if there was none
	Took     time.Duration // by the last probe; 0 for what reports
	Interval time.Duration // between two probes, or until the next report
	CPU, RAM *float64      // the reported load as a ratio, nil if none was; not to be written to

	// What the last probe saw besides. It is not kept across restarts.
	Events   Log               // what it met on its way
	NotAfter time.Time         // when the earliest certificate of the target ends, in whole seconds; zero without TLS
	Perfdata []probe.Perfdatum // of a script; not to be written to
	Steps    []probe.Step      // of a script; not to be written to

	// Version grows whenever anything else here changes, also when a replica goes
	// and comes back. It begins anew with each run.
	Version uint64
}

// A Change is a replica whose status or reason is another one than at the last
// Drain. Before is nil if the replica is new, After if it is gone.
type Change struct {
	ID            status.ID
	Before, After *Replica
}
