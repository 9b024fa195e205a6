// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/schema"
)

// How many replicas are polled at a time, where the configuration does not say.
const (
	leastPolls = 256
	mostPolls  = 4096
)

// resize lets as many probes run at a time as the configuration says, or as an
// outage takes, of a process that may have so many files open.
func (p *plan) resize(files uint64) {
	polls := p.config.Parallelism.Poll
	if polls == 0 {
		polls = int(min(max(leastPolls, p.outage()), mostPolls, files/3))
	}
	p.poll.Resize(polls)
	p.script.Resize(p.config.Parallelism.Script)
}

// outage returns how many probes run at a time if all targets hang. It is a quarter
// more than that on average: who comes into a pool that is just large enough has to
// wait.
func (p *plan) outage() uint64 {
	var polls float64
	for _, j := range p.jobs {
		if j.Pool == p.poll {
			polls += float64(j.Retries+1) * float64(j.Limits.Timeout) / float64(j.Interval)
		}
	}
	return uint64(min(math.Ceil(polls*5/4), mostPolls))
}

// poolMetrics show how full the pools of a plan are, and those of all plans after it.
func poolMetrics(p *plan) []prometheus.Collector {
	gauge := func(name, help, pool string, read func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name, Help: help, ConstLabels: prometheus.Labels{schema.Pool: pool},
		}, func() float64 { return float64(read()) })
	}
	var all []prometheus.Collector
	for name, pool := range map[string]schedule.Pool{schema.PoolPoll: p.poll, schema.PoolScript: p.script} {
		all = append(all,
			gauge(schema.ExporterPoolSize, "How many probes run at a time at most.", name, pool.Size),
			gauge(schema.ExporterPoolRunning, "How many probes run now. It may exceed the size for a while after a reload that makes the pool smaller.", name, pool.Running))
	}
	return all
}

// openFiles returns how many files the process may have open.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxUint64 // the bound of the polls is left
	}
	return limit.Cur
}
