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
	"github.com/pharos-status/pharos/internal/schema"
)

// What answers otherwise than the service is asked three times for a message, however
// often nobody answered before.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			if attempts++; attempts <= 5 {
				return errors.New("connection refused")
			}
			return &channel.Error{Err: errors.New("answered 200 OK, but not as it does"), Unsure: true, Odd: true}
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		r.tell("c", "first", "alice")
		r.tell("c", "second", "alice")
		let(time.Hour)
		require.Equal(t, 5+3+3, attempts)
		tried := c.tried()
		for i, least := range []time.Duration{time.Minute, 5 * time.Minute} {
			require.GreaterOrEqual(t, tried[6+i].at.Sub(tried[5+i].at), least)
			require.GreaterOrEqual(t, tried[9+i].at.Sub(tried[8+i].at), least)
		}
		letters := r.spool.DeadLetters("")
		require.Len(t, letters, 2)
		require.Equal(t, schema.OutcomeRefused, letters[0].Outcome)
		require.Equal(t, "answered 200 OK, but not as it does", letters[0].Reason)
		require.EqualValues(t, 2, r.value(schema.BridgeAttempts, "channel", "c", "result", "refused"))
	})
}

// An answer that is odd once or twice costs nothing.
func TestOddAnswersPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			if attempts++; attempts%3 != 0 {
				return &channel.Error{Err: errors.New("odd"), Unsure: true, Odd: true}
			}
			return nil
		}}
		r := newRig(t, t.TempDir(), route("c", c))
		for range 3 {
			r.tell("c", "m", "alice")
		}
		let(time.Hour)
		require.Len(t, c.acknowledged(), 3)
		require.Empty(t, r.spool.DeadLetters(""))
	})
}
