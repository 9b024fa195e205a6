// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
)

// NewRegistry returns the metrics of a process, to which its parts add theirs: those of
// Go and of the process, and program_build_info.
func NewRegistry(program string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector(program),
	)
	return r
}

// Register registers the metrics of a part, which whose names, or none of them.
func Register(r prometheus.Registerer, whose string, all ...prometheus.Collector) error {
	for i, c := range all {
		if err := r.Register(c); err != nil {
			Unregister(r, all[:i]...)
			return fmt.Errorf("register the metrics of %s: %w", whose, err)
		}
	}
	return nil
}

// Unregister undoes [Register].
func Unregister(r prometheus.Registerer, all ...prometheus.Collector) {
	for _, c := range all {
		r.Unregister(c)
	}
}
