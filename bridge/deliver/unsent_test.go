// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/internal/schema"
)

// The end of a start is told to nobody, whatever the channel; the start is.
func TestEndOfAStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &fake{recipients: []string{"alice"}}
		r := newRig(t, t.TempDir(), route("c", c))
		for _, status := range []string{"firing", "resolved"} {
			s := r.submission("c", status, "alice")
			s.Payload = []byte(strings.NewReplacer(`"firing"`, `"`+status+`"`, `"A"`, `"`+schema.AlertStarted+`"`).Replace(string(s.Payload)))
			r.accept(s)
		}
		let(time.Minute)
		require.Equal(t, []string{"firing"}, c.told("alice"))
		require.Len(t, c.tried(), 1)
		require.EqualValues(t, 1, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "skipped"))
	})
}

// What a channel calls overtaken is gone, and counted as such. A message knows when it
// was accepted.
func TestOvertakenByTheChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var accepted time.Time
		c := &fake{recipients: []string{"alice"}, send: func(_ context.Context, _ string, m channel.Message) error {
			accepted = m.Accepted
			return channel.ErrOvertaken
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		start := time.Now()
		r.tell("c", "m", "alice")
		let(time.Hour)
		require.Len(t, c.tried(), 1)
		require.True(t, start.Equal(accepted))
		require.EqualValues(t, 1, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "overtaken"))
		require.EqualValues(t, 0, r.value(schema.BridgeAttempts, "channel", "c", "result", "ok"))
		require.EqualValues(t, 0, r.value(schema.BridgeQueueLength, "channel", "c"))
	})
}
