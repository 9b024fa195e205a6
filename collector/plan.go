// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"reflect"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
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
	poll   schedule.Pool // for as long as the exporter lives, as the other one
	script schedule.Pool
	jobs   map[status.ID]plannedJob
}

// A plannedJob is a job, and the parts of the configuration that it was made of.
type plannedJob struct {
	*schedule.Job
	node    *config.Node
	replica *config.Replica
}

// emptyPlan is what is planned before anything is.
func emptyPlan() *plan {
	return &plan{config: &config.Config{}, poll: schedule.NewPool(1), script: schedule.NewPool(1)}
}

// newPlan makes a plan of a configuration. A job for which nothing has changed
// since the plan before is taken over, so that it goes on undisturbed.
func newPlan(c *config.Config, before *plan, probers *proberMaker) *plan {
	p := &plan{
		config: c, tokens: pushTokens(c.Tokens),
		poll: before.poll, script: before.script, jobs: make(map[status.ID]plannedJob, len(before.jobs)),
	}
	for i := range c.Services {
		service := &c.Services[i]
		for j := range service.Nodes {
			n := &service.Nodes[j]
			id := status.NodeID{Service: service.ID, Node: n.ID}
			p.nodes = append(p.nodes, stateNode(id, n))
			for k := range n.Replicas {
				p.add(id, n, &n.Replicas[k], before, probers)
			}
		}
	}
	return p
}

func (p *plan) add(node status.NodeID, n *config.Node, r *config.Replica, before *plan, probers *proberMaker) {
	id := node.Replica(r.Name)
	planned := plannedJob{Job: p.job(id, n, r), node: n, replica: r}
	if old, ok := before.jobs[id]; ok && planned.same(old) {
		planned.Job = old.Job
	} else {
		planned.Prober = probers.prober(n, r)
	}
	p.jobs[id] = planned
}

// job returns the job of a replica but for its prober.
func (p *plan) job(id status.ID, n *config.Node, r *config.Replica) *schedule.Job {
	if n.Mode == config.ModeScript {
		return &schedule.Job{
			ID: id, Pool: p.script, Interval: r.Script.Interval, Limits: probe.Limits{Timeout: r.Script.Timeout},
			Retries: r.Script.Retries, RetryWait: r.Script.RetryWait,
		}
	}
	limits := probe.Limits{SickAfter: r.Poll.SickAfter, Timeout: r.Poll.Timeout}
	if r.TLS != nil {
		limits.CertificateSickBefore = r.TLS.SickBefore
	}
	return &schedule.Job{
		ID: id, Pool: p.poll, Interval: r.Poll.Interval, Limits: limits,
		Retries: r.Poll.Retries, RetryWait: r.Poll.RetryWait,
	}
}

// same tells whether two jobs of one replica do the same.
func (j plannedJob) same(other plannedJob) bool {
	return j.Pool == other.Pool && j.node.Mode == other.node.Mode &&
		reflect.DeepEqual(j.replica, other.replica) && reflect.DeepEqual(j.node.HTTP, other.node.HTTP) &&
		reflect.DeepEqual(j.node.Module, other.node.Module) //nolint:govet // the errors in modules that are used are nil
}

// pings tells whether a replica is pinged.
func (p *plan) pings() bool {
	for _, j := range p.jobs {
		if j.node.Module != nil && j.node.Module.Prober == module.KindICMP || j.replica.URL != nil && j.replica.URL.Scheme == "icmp" {
			return true
		}
	}
	return false
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
func stateNode(id status.NodeID, n *config.Node) state.Node {
	out := state.Node{ID: id, Mode: state.Mode(n.Mode), Queue: queueLimits(n.Queue)}
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
			out.Replicas = append(out.Replicas, state.Probed{
				Name: r.Name, Interval: r.Script.Interval, Timeout: r.Script.Timeout,
				Retries: r.Script.Retries, RetryWait: r.Script.RetryWait,
			})
		}
	case config.ModePush:
		out.DeadAfter, out.ForgetAfter = n.Push.DeadAfter, n.Push.ForgetAfter
		out.CPUSickAbove, out.RAMSickAbove = n.Push.CPUSickAbove, n.Push.RAMSickAbove
	case config.ModeLocal:
		out.DeadAfter, out.ForgetAfter = n.Local.DeadAfter, n.Local.ForgetAfter
	}
	return out
}
