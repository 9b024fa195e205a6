// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"syscall"
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

// openFiles returns how many files the process may have open.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxUint64 // the bound of the polls is left
	}
	return limit.Cur
}
