// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
)

// The machine was off for longer than messages are tried, and its network comes up a
// little after the bridge.
func TestNetworkComesUpAfterTheBridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(20 * time.Second)
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			if time.Now().Before(up) {
				return errors.New("network is unreachable")
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		for range 50 {
			s := r.submission("c", "m", "alice")
			s.Accepted = time.Now().Add(-25 * time.Hour)
			r.accept(s)
		}
		let(2 * time.Minute)
		require.Len(t, c.acknowledged(), 50)
		require.Empty(t, r.spool.DeadLetters(""))
	})
}

// Time in which the channel asked not to be called is none in which it was tried.
func TestGivingUpAfterABlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := false
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			if !asked {
				asked = true
				return &channel.Error{Err: errors.New("429"), After: time.Hour}
			}
			return errors.New("503")
		}}
		r := newRig(t, t.TempDir(), route("c", c, func(d *config.Delivery) { d.GiveUpAfter = duration(5 * time.Minute) }))
		r.tell("c", "m", "alice")
		let(time.Hour + 4*time.Minute)
		require.Empty(t, r.spool.DeadLetters(""))
		require.Greater(t, len(c.tried()), 5)
		let(2 * time.Minute)
		require.Len(t, r.spool.DeadLetters(""), 1)
	})
}

func TestReloadEndsABlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asks := func(d time.Duration) func(context.Context, string, channel.Message) error {
			return func(context.Context, string, channel.Message) error {
				return &channel.Error{Err: errors.New("429"), After: d}
			}
		}
		before := &fake{recipients: []string{"alice"}, send: asks(time.Hour)}
		short := &fake{recipients: []string{"alice"}, send: asks(time.Minute)}
		r := newRig(t, t.TempDir(), route("c", before), route("short", short))
		r.tell("c", "m", "alice")
		r.tell("short", "m", "alice")
		synctest.Wait()
		require.Len(t, r.log.lines("level=WARN", "asked not to be called", "channel=c", "until=2000-01-01T01:00:00Z"), 1)
		let(20 * time.Second)
		require.Empty(t, r.log.lines("asked not to be called", "channel=short"))
		after := &fake{recipients: []string{"alice"}}
		r.d.Use([]Route{route("c", after)})
		synctest.Wait()
		require.Len(t, after.acknowledged(), 1, "with the new settings, at once")
	})
}
