// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestLanding(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	replica := func(name string) status.ID { return status.ID{Service: "web", Node: "api", Replica: name} }
	l := newLanding([]state.Replica{
		{ID: replica("tcp://a:80"), Status: status.Healthy, At: now.Add(-90 * time.Second), Took: 1500 * time.Microsecond},
		{ID: replica("tcp://b:80"), Status: status.Dead, Reason: status.Connect, Detail: "dial <tcp> refused", At: now.Add(-time.Second), Took: time.Second},
		{ID: replica("tcp://new:80")},
	}, now)
	l.Title, l.Version = "Pharos exporter", "1.2.3"
	l.Links = []Link{{"prometheus/api/v1/status/buildinfo", "Prometheus <API>"}}
	page, err := renderLanding(l)
	require.NoError(t, err)
	testkit.Golden(t, "landing.html", page)

	page, err = renderLanding(newLanding(nil, now))
	require.NoError(t, err)
	require.Contains(t, string(page), "Nothing is watched yet")
}

func TestLandingIsBounded(t *testing.T) {
	t.Parallel()
	var many []state.Replica
	for i := range 2 * maxRows {
		many = append(many, state.Replica{ID: status.ID{Replica: strconv.Itoa(i)}, Status: status.Healthy})
	}
	many[len(many)-1].Status = status.Dead
	l := newLanding(many, time.Now())
	require.Len(t, l.Replicas, maxRows)
	require.Equal(t, maxRows, l.Hidden)
	require.Equal(t, status.Dead, l.Replicas[0].Status, "trouble comes first")
}
