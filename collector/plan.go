// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"reflect"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// A plan is what follows from a configuration. It is not changed once made.
type plan struct {
	config *config.Config
	nodes  []state.Node
	tokens []push.Token
	poll   schedule.Pool
	script schedule.Pool
	jobs   map[status.ID]plannedJob
}

// A plannedJob is a job, and all of the configuration that it was made of.
type plannedJob struct {
	*schedule.Job
	mode    config.Mode
	replica config.Replica
	http    config.HTTP
}

// emptyPlan is what is planned before anything is.
func emptyPlan() *plan { return &plan{config: &config.Config{}} }

// newPlan makes a plan of a configuration. A job for which nothing has changed
// since the plan before is taken over, so that it goes on undisturbed.
func newPlan(c *config.Config, before *plan, probers proberMaker) *plan {
	p := &plan{
		config: c, tokens: pushTokens(c.Tokens),
		poll: before.poll, script: before.script, jobs: map[status.ID]plannedJob{},
	}
	if c.Parallelism.Poll != before.config.Parallelism.Poll {
		p.poll = schedule.NewPool(c.Parallelism.Poll)
	}
	if c.Parallelism.Script != before.config.Parallelism.Script {
		p.script = schedule.NewPool(c.Parallelism.Script)
	}
	for _, service := range c.Services {
		for _, n := range service.Nodes {
			id := status.NodeID{Service: service.ID, Node: n.ID}
			p.nodes = append(p.nodes, stateNode(id, n))
			for _, r := range n.Replicas {
				p.add(id.Replica(r.Name), n, r, before, probers)
			}
		}
	}
	return p
}

func (p *plan) add(id status.ID, n config.Node, r config.Replica, before *plan, probers proberMaker) {
	planned := plannedJob{Job: &schedule.Job{ID: id}, mode: n.Mode, replica: r, http: n.HTTP}
	if n.Mode == config.ModeScript {
		planned.Interval, planned.Pool = r.Script.Interval, p.script
		planned.Limits = probe.Limits{Timeout: r.Script.Timeout}
	} else {
		planned.Interval, planned.Pool = r.Poll.Interval, p.poll
		planned.Limits = probe.Limits{SickAfter: r.Poll.SickAfter, Timeout: r.Poll.Timeout}
		planned.Retries, planned.RetryWait = r.Poll.Retries, r.Poll.RetryWait
	}
	if old, ok := before.jobs[id]; ok && planned.same(old) {
		planned.Job = old.Job
	} else {
		planned.Prober = probers.prober(n, r)
	}
	p.jobs[id] = planned
}

// same tells whether two jobs of one replica do the same.
func (j plannedJob) same(other plannedJob) bool {
	return j.Pool == other.Pool && j.mode == other.mode &&
		reflect.DeepEqual(j.replica, other.replica) && reflect.DeepEqual(j.http, other.http)
}

// schedule returns the jobs for the scheduler.
func (p *plan) schedule() []*schedule.Job {
	jobs := make([]*schedule.Job, 0, len(p.jobs))
	for _, j := range p.jobs {
		jobs = append(jobs, j.Job)
	}
	return jobs
}

// stateNode returns what the store must know of a node.
func stateNode(id status.NodeID, n config.Node) state.Node {
	out := state.Node{ID: id, Mode: state.Mode(n.Mode)}
	switch n.Mode {
	case config.ModePoll:
		for _, r := range n.Replicas {
			out.Replicas = append(out.Replicas, state.Probed{
				Name: r.Name, Interval: r.Poll.Interval, Timeout: r.Poll.Timeout,
				Retries: r.Poll.Retries, RetryWait: r.Poll.RetryWait,
			})
		}
	case config.ModeScript:
		for _, r := range n.Replicas {
			out.Replicas = append(out.Replicas, state.Probed{Name: r.Name, Interval: r.Script.Interval, Timeout: r.Script.Timeout})
		}
	case config.ModePush:
		out.DeadAfter, out.ForgetAfter = n.Push.DeadAfter, n.Push.ForgetAfter
		out.CPUSickAbove, out.RAMSickAbove = n.Push.CPUSickAbove, n.Push.RAMSickAbove
	case config.ModeLocal:
		out.DeadAfter, out.ForgetAfter = n.Local.DeadAfter, n.Local.ForgetAfter
	}
	return out
}

// A proberMaker makes probers of the configuration.
type proberMaker struct {
	userAgent string
	pinger    *probe.Pinger
}

func (m proberMaker) prober(n config.Node, r config.Replica) probe.Prober {
	if r.URL == nil {
		return probe.Script(probe.ScriptOptions{Argv: r.Command, Shell: r.Shell})
	}
	switch r.URL.Scheme {
	case "tcp":
		return probe.TCP(probe.TCPOptions{Addr: r.URL.Host})
	case "ssh":
		return probe.SSH(probe.SSHOptions{Addr: r.URL.Host})
	case "icmp":
		return m.pinger.ICMP(probe.ICMPOptions{Host: r.URL.Hostname()})
	}
	return probe.HTTP(probe.HTTPOptions{
		URL:         r.URL,
		Method:      n.HTTP.Method,
		Headers:     n.HTTP.Headers,
		Body:        n.HTTP.Body,
		BodyMatch:   n.HTTP.BodyMatch,
		UserAgent:   m.userAgent,
		StatusFrom:  r.Poll.StatusFrom,
		StatusBelow: r.Poll.StatusBelow,
	})
}
