// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// How long a verdict holds follows from the settings of the replica itself, not
// from those of its node or its neighbours.
func TestStateNode(t *testing.T) {
	t.Parallel()
	id := status.NodeID{Service: "web", Node: "api"}
	poll := config.Node{Mode: config.ModePoll, Poll: config.Poll{Interval: time.Hour}, Replicas: []config.Replica{
		{Name: "fast", Poll: config.Poll{Interval: time.Second, Timeout: 2 * time.Second, Retries: 3, RetryWait: time.Millisecond}},
		{Name: "slow", Poll: config.Poll{Interval: time.Minute, Timeout: time.Second}},
	}}
	require.Equal(t, state.Node{ID: id, Mode: state.Poll, Replicas: []state.Probed{
		{Name: "fast", Interval: time.Second, Timeout: 2 * time.Second, Retries: 3, RetryWait: time.Millisecond},
		{Name: "slow", Interval: time.Minute, Timeout: time.Second},
	}}, stateNode(id, &poll))

	script := config.Node{Mode: config.ModeScript, Replicas: []config.Replica{
		{Name: "1", Script: config.Script{Interval: time.Minute, Timeout: time.Second}},
	}}
	require.Equal(t, state.Node{ID: id, Mode: state.Script, Replicas: []state.Probed{
		{Name: "1", Interval: time.Minute, Timeout: time.Second},
	}}, stateNode(id, &script))
}
