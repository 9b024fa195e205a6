// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

// told returns what Changes tells, a line each, without times.
func told(e *Exporter) []string {
	var lines []string
	for _, s := range e.Changes() {
		if strings.Contains(string(s.Metric["__name__"]), "_seconds") {
			continue
		}
		value := s.Value.String()
		if math.Float64bits(float64(s.Value)) == schema.StaleBits {
			value = "ended"
		}
		lines = append(lines, fmt.Sprintf("%v %s", s.Metric, value))
	}
	slices.Sort(lines)
	return lines
}

func TestChangesTellEverythingFirst(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	require.Len(t, e.Changed(), 1)
	first := told(e)
	require.Contains(t, first, `pharos_node_info{link_label="Docs", link_url="https://docs.example.com", mode="poll", node="api", node_label="API", node_position="0", reveal="true", service="web", service_label="Web nodes", service_position="0"} 1`)
	require.Contains(t, first, `pharos_node_min_healthy{node="api", service="web"} 1`)
	require.Contains(t, first, `pharos_replica_status{node="disk", replica="1", service="host", status="dead"} 0`)
	require.Len(t, first, 4+1+3*3)
	require.Empty(t, told(e))
}

func TestChangesTellWhatDiffers(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	told(e)
	labels := `node="api", %sreplica="tcp://127.0.0.1:1", service="web"`
	statusOf := func(s string, v string) string {
		return fmt.Sprintf(`pharos_replica_status{`+labels+`, status=%q} %s`, "", s, v)
	}
	reason := func(r string, v string) string {
		return fmt.Sprintf(`pharos_replica_failure_reason{`+labels+`} %s`, `reason="`+r+`", `, v)
	}

	e.outcome(idTCP, probe.Failf(status.Connect, "refused"), time.Second)
	require.Equal(t, []string{reason("connect", "1"), statusOf("dead", "1")}, told(e))
	e.outcome(idTCP, probe.Failf(status.Timeout, "no answer"), time.Second)
	require.Equal(t, []string{reason("connect", "ended"), reason("timeout", "1")}, told(e))
	e.outcome(idTCP, nil, time.Second)
	require.Equal(t, []string{reason("timeout", "ended"), statusOf("dead", "0"), statusOf("healthy", "1")}, told(e))
	e.outcome(idTCP, nil, time.Second)
	require.Empty(t, told(e), "the same again is no change")
}

func TestChangesAfterAReload(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	e.outcome(idTCP, errors.New("refused"), time.Second)
	all := told(e)

	require.NoError(t, e.Reload())
	require.Equal(t, all, told(e), "the same file, everything again")

	write(t, e.o.ConfigFile, "services: [{id: web, nodes: [{id: sockets, mode: push}]}]")
	require.NoError(t, e.Reload())
	after := told(e)
	for _, ended := range []string{
		`pharos_node_info{link_label="Docs", link_url="https://docs.example.com", mode="poll", node="api", node_label="API", node_position="0", reveal="true", service="web", service_label="Web nodes", service_position="0"} ended`,
		`pharos_node_min_healthy{node="api", service="web"} ended`,
		`pharos_replica_failure_reason{node="api", reason="connect", replica="tcp://127.0.0.1:1", service="web"} ended`,
		`pharos_replica_status{node="disk", replica="1", service="host", status="dead"} ended`,
	} {
		require.Contains(t, after, ended)
	}
	alive := slices.DeleteFunc(after, func(s string) bool { return strings.HasSuffix(s, " ended") })
	require.Equal(t, []string{`pharos_node_info{mode="push", node="sockets", node_label="sockets", node_position="0", reveal="false", service="web", service_label="web", service_position="0"} 1`}, alive)
}

func TestChangesAtAnotherVantage(t *testing.T) {
	t.Parallel()
	e := newExporter(t, watched)
	e.outcome(idTCP, nil, time.Second)
	before := told(e)
	write(t, e.o.ConfigFile, "vantage: zurich\n"+watched)
	require.NoError(t, e.Reload())
	after := told(e)
	require.Len(t, after, 2*len(before), "each series ends, and begins at the new place")
	for _, line := range before {
		series := line[:strings.LastIndex(line, " ")]
		require.Contains(t, after, series+" ended")
	}
	moved := 0
	for _, line := range after {
		if strings.Contains(line, `vantage="zurich"`) {
			require.False(t, strings.HasSuffix(line, " ended"))
			moved++
		}
	}
	require.Equal(t, len(before), moved)

	e.outcome(idTCP, errors.New("refused"), time.Second)
	for _, line := range told(e) {
		require.Contains(t, line, `vantage="zurich"`)
	}
}
