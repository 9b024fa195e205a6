// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// A family is a metric whose samples are made of state whenever it is read.
type family struct {
	name   string
	help   string
	labels []string
	desc   *prometheus.Desc
}

func newFamily(name, help string, labels ...string) *family {
	return &family{name, help, labels, prometheus.NewDesc(name, help, labels, nil)}
}

// A sample is one value of a family, with the values of its labels in the
// family's order.
type sample struct {
	*family
	values []string
	value  float64
}

// families are all there are.
type families struct {
	status, reason, duration, lastSeen, load, info, minHealthy *family
}

func newFamilies() *families {
	replica := []string{schema.Service, schema.Node, schema.Replica}
	node := replica[:2:2]
	with := func(labels []string, more ...string) []string {
		return slices.Concat(labels, more)
	}
	return &families{
		status: newFamily(schema.ReplicaStatus,
			"Whether the replica has this status (1) or not (0). All of them are 0 while the status is unknown.",
			with(replica, schema.Status)...),
		reason: newFamily(schema.ReplicaFailureReason,
			"1 for the reason why the replica is not healthy. A healthy replica has no such series.",
			with(replica, schema.Reason)...),
		duration: newFamily(schema.ReplicaProbeDuration,
			"How long the last probe of the replica took, rounded to 12 significant bits. Probed replicas only.", replica...),
		lastSeen: newFamily(schema.ReplicaLastSeen,
			"When the replica was last probed or last reported, in whole seconds. Not there before the first time.", replica...),
		load: newFamily(schema.ReplicaLoad,
			"The load that the replica last reported. CPU load may exceed 1.", with(replica, schema.Resource)...),
		info: newFamily(schema.NodeInfo,
			"1 for each configured node. The labels say how it is watched, where it stands on the page (positions count from 0) and what it links to.",
			with(node, schema.Mode, schema.ServiceLabel, schema.NodeLabel, schema.ServicePosition, schema.NodePosition,
				schema.Reveal, schema.LinkURL, schema.LinkLabel)...),
		minHealthy: newFamily(schema.NodeMinHealthy,
			"How many replicas of the node have to be available. Nodes for which this is set only.", node...),
	}
}

// all returns the families in the order of the documentation.
func (f *families) all() []*family {
	return []*family{f.status, f.reason, f.duration, f.lastSeen, f.load, f.info, f.minHealthy}
}

// ofReplica appends the samples of one replica to to.
func (f *families) ofReplica(to []sample, r state.Replica) []sample {
	id := []string{r.ID.Service, r.ID.Node, r.ID.Replica}
	add := func(fam *family, value float64, more ...string) {
		to = append(to, sample{fam, append(id[:3:3], more...), value})
	}
	for s := range status.All() {
		if s != status.Unknown {
			add(f.status, boolean(s == r.Status), s.String())
		}
	}
	if r.Reason != status.None {
		add(f.reason, 1, string(r.Reason))
	}
	if r.At.IsZero() {
		return to
	}
	add(f.lastSeen, float64(r.At.Unix()))
	if r.Mode == state.Poll || r.Mode == state.Script {
		add(f.duration, roundBits(r.Took.Seconds()))
	}
	if r.CPU != nil {
		add(f.load, *r.CPU, schema.CPU)
	}
	if r.RAM != nil {
		add(f.load, *r.RAM, schema.RAM)
	}
	return to
}

// ofNodes returns the samples of all nodes of a configuration.
func (f *families) ofNodes(c *config.Config) []sample {
	var all []sample
	for servicePosition, service := range c.Services {
		for nodePosition, n := range service.Nodes {
			all = append(all, sample{f.info, []string{
				service.ID, n.ID, string(n.Mode), service.Label, n.Label,
				strconv.Itoa(servicePosition), strconv.Itoa(nodePosition),
				strconv.FormatBool(n.Reveal), n.Link.URL, n.Link.Label,
			}, 1})
			if n.MinHealthy > 0 {
				all = append(all, sample{f.minHealthy, []string{service.ID, n.ID}, float64(n.MinHealthy)})
			}
		}
	}
	return all
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// roundBits rounds a positive number to 12 significant bits, an error of
// 0.025 % at the most. What it drops is noise, and it is the noise that a time series
// database can't compress.
func roundBits(v float64) float64 {
	const dropped = 52 - 11 // of the mantissa, whose first bit is not stored
	bits := math.Float64bits(v) + 1<<(dropped-1)
	return math.Float64frombits(bits &^ (1<<dropped - 1))
}
