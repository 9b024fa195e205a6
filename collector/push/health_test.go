// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// What goes beyond Vigil's protocol: a health with the load, a health that can't be
// told, and the reason in words.
func TestHealthAndReason(t *testing.T) {
	t.Parallel()
	web, lan := status.NodeID{Service: "web", Node: "sockets"}, status.NodeID{Service: "lan", Node: "gateway"}
	s := serve(t)
	c := dial(t, s)
	for _, tc := range []struct {
		node   status.NodeID
		body   string // without replica and interval
		status status.Status
		reason status.Reason
		detail string
	}{
		{web, `"load":{"cpu":0,"ram":0},"health":"healthy"`, status.Healthy, status.None, ""},
		{web, `"load":{"cpu":0,"ram":0},"health":"sick","reason":"disk is full"`, status.Sick, status.Reported, "disk is full"},
		{web, `"load":{"cpu":0,"ram":0},"health":"dead"`, status.Dead, status.Reported, "reported as dead"},
		{web, `"load":{"cpu":0,"ram":0},"health":"unknown"`, status.Unknown, status.Reported, "reported as unknown"},
		{web, `"load":{"cpu":1,"ram":0},"health":"healthy","reason":"a big job"`, status.Sick, status.Load, "CPU load is 1.00, sick above 0.90; a big job"},
		{web, `"load":{"cpu":0,"ram":0}`, status.Healthy, status.None, ""},
		{web, `"load":{"cpu":0,"ram":0},"reason":"3 jobs wait"`, status.Healthy, status.None, "3 jobs wait"},
		{lan, `"health":"unknown","reason":"no permission"`, status.Unknown, status.Reported, "no permission"},
		{lan, `"health":"healthy","reason":"all \u0000\r\n\u0085\u2028\u202ewell\t"`, status.Healthy, status.None, "all well"},
		{lan, `"health":"dead","reason":"` + strings.Repeat("ä", 5000) + `"`, status.Dead, status.Reported, status.Shorten(strings.Repeat("ä", 5000))},
		{lan, `"health":"dead","reason":"\ud800\u003cb>"`, status.Dead, status.Reported, "\uFFFD<b>"},
		{lan, `"health":"dead","reason":null`, status.Dead, status.Reported, "reported as dead"},
		{lan, `"health":"dead","reason":"` + strings.Repeat(" ", 500) + `"`, status.Dead, status.Reported, "reported as dead"},
		{web, `"load":{"cpu":0,"ram":0},"reason":5`, status.Healthy, status.None, ""},
		{lan, `"health":"sick","reason":{"code":[1,"disk is full"]}`, status.Sick, status.Reported, "reported as sick"},
		{lan, `"health":"sick","reason":false`, status.Sick, status.Reported, "reported as sick"},
	} {
		answer, text := c.send(t, post("/reporter/"+tc.node.Service+"/"+tc.node.Node, token, `{"replica":"r","interval":1,`+tc.body+`}`))
		require.Equal(t, 200, answer.StatusCode, tc.body)
		require.Empty(t, text)
		got := find(s, tc.node.Replica("r"))
		require.Equal(t, tc.status.String(), got.Status.String(), tc.body)
		require.Equal(t, tc.reason, got.Reason, tc.body)
		require.Equal(t, tc.detail, got.Detail, tc.body)
	}
}

func find(s *server, id status.ID) (found state.Replica) {
	for _, r := range s.store.Snapshot(time.Now()) {
		if r.ID == id {
			found = r
		}
	}
	return found
}
