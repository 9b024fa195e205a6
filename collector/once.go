// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/pharos-status/pharos/collector/exposition"
	"github.com/pharos-status/pharos/collector/schedule"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// discoveryPatience is how long [Exporter.Once] waits for targets that an
// endpoint tells of.
const discoveryPatience = 30 * time.Second

// Once probes everything one time, in place of [Exporter.Run]. It returns how
// things are as metrics, without those of the process, and the worst status of
// what was probed: unknown at the least, if there are targets that can't be. Nodes that
// take reports have no part in that: nobody can report to an exporter that does not
// run.
func (e *Exporter) Once(ctx context.Context) (families []*dto.MetricFamily, worst status.Status, err error) {
	if err := e.discoverOnce(ctx); err != nil {
		return nil, status.Unknown, err
	}
	jobs := e.current().schedule()
	e.scheduler.Once(ctx, jobs)
	if ctx.Err() != nil {
		return nil, status.Unknown, errors.New("the probes were cut short")
	}
	families, err = e.gatherState()
	return families, e.worst(jobs), err
}

// discoverOnce asks the endpoints that tell of targets.
func (e *Exporter) discoverOnce(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.found.Run(running) }()
	patience, cancel := context.WithTimeout(ctx, discoveryPatience)
	defer cancel()
	err := e.found.Wait(patience)
	stop()
	if err = errors.Join(err, <-ended); err == nil {
		err = e.found.Missing()
	}
	if err != nil {
		return fmt.Errorf("ask what else there is to probe: %w", err)
	}
	// The last answer may have come after the last look at them.
	e.targetsChanged() //nolint:contextcheck // a prober gets its context when it probes
	return nil
}

// gatherState returns the metrics of what is watched, and none of the exporter: it
// is gone when they are read. A single probe is no distribution, so there are no
// histograms among them.
func (e *Exporter) gatherState() ([]*dto.MetricFamily, error) {
	h := exposition.New(exposition.Options{
		View: e.metrics.newViewer(e.snapshot).view, Rest: prometheus.NewRegistry(), Logger: e.o.Logger,
	})
	families, err := h.Gather()
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool {
		return f.GetName() == schema.ReplicaLatency || f.GetName() == schema.ExporterReplicas
	}), err
}

// worst returns the worst status of the replicas with a job: healthy if there is
// none, and unknown if targets were rejected.
func (e *Exporter) worst(jobs []*schedule.Job) status.Status {
	probed := make(map[status.ID]bool, len(jobs))
	for _, j := range jobs {
		probed[j.ID] = true
	}
	worst := status.Healthy
	if e.rejected.Load() > 0 {
		worst = status.Unknown
	}
	for _, r := range e.store.Snapshot(time.Now()) {
		if probed[r.ID] && r.Status.Severity() > worst.Severity() {
			worst = r.Status
		}
	}
	return worst
}
