// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/schema"
)

func TestReloadWhileAMessageIsBeingSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan error)
		before := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error { return <-answer }}
		after := &fake{recipients: []string{"alice"}}
		r := newRig(t, t.TempDir(), route("c", before))
		r.tell("c", "first", "alice")
		r.tell("c", "second", "alice")
		synctest.Wait()
		r.d.Use([]Route{route("c", after)})
		synctest.Wait()
		require.Zero(t, before.closes())
		require.Empty(t, after.tried(), "the order is kept")
		answer <- errors.New("not now")
		synctest.Wait()
		require.Equal(t, 1, before.closes())
		require.Equal(t, []string{"first", "second"}, after.told("alice"), "at once: something has changed")
		require.Empty(t, before.misuse)
		require.EqualValues(t, 2, r.value(schema.BridgeNotifications, "channel", "c", "outcome", "delivered"), "it goes on to count")
	})
}

func TestReloadEndsWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := &fake{recipients: []string{"alice", "bob"}, send: func(context.Context, string, channel.Message) error {
			return errors.New("401 wrong token")
		}}
		after := &fake{recipients: []string{"alice", "bob"}}
		slowly := func(d *config.Delivery) { d.PerMinute, d.Burst = 1, 1 }
		r := newRig(t, t.TempDir(), route("c", before, slowly))
		r.tell("c", "m", "alice", "bob")
		let(30 * time.Second)
		require.Len(t, before.tried(), 1)
		r.d.Use([]Route{route("c", after)})
		synctest.Wait()
		require.Len(t, after.acknowledged(), 2)
		require.Equal(t, 1, before.closes())
	})
}

func TestWarnsOncePerOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		c := &fake{recipients: []string{"alice", "bob", "carol"}, send: func(_ context.Context, recipient string, _ channel.Message) error {
			if !up.Load() && recipient != "carol" {
				return errors.New("not now")
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		for range 2 {
			r.tell("c", "m", "alice", "bob", "carol")
			let(10 * time.Minute)
		}
		require.Len(t, r.log.lines("level=WARN", "channel=c"), 1)
		require.Empty(t, r.log.lines("level=INFO"), "the other recipient is still not reached")
		up.Store(true)
		let(10 * time.Minute)
		require.Len(t, r.log.lines("level=INFO", "delivers again", "channel=c"), 1)
		require.Len(t, r.log.lines("level=WARN"), 1)
	})
}
