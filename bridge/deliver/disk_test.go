// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/bridge/webhook"
)

// What can be read is sent, though the file can't be told before.
func TestSentUnmarkedWhileTheDiskFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, start, answers := &buffer{}, time.Now(), []error{errors.New("connection refused"), nil, nil, nil}
		d := idle(t, log)
		d.take = func(lane spool.Lane, mark bool) (*spool.Entry, error) {
			if mark && time.Since(start) < time.Hour {
				return nil, errors.New("read-only file system")
			}
			return d.o.Spool.Take(lane, mark)
		}
		c := &fake{recipients: []string{"alice"}, send: func(context.Context, string, channel.Message) error {
			err := answers[0]
			answers = answers[1:]
			return err
		}}
		_, err := d.o.Spool.Accept(t.Context(), spool.Submission{Channel: "c", Recipients: []string{"alice"}, Digest: webhook.Digest{1}, Payload: payload("g", "second")})
		require.NoError(t, err)
		d.Use([]Route{route("c", c)})
		run(t, d)
		let(time.Minute)
		require.Len(t, c.told("alice"), 2)
		require.Len(t, log.lines("level=WARN", "read-only file system"), 1)
		require.EqualValues(t, 1, testutil.ToFloat64(d.metrics.of("c").duplicates), "the one that was sent again")
	})
}

func TestNothingIsSentWhileTheDiskFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, start, tries := &buffer{}, time.Now(), 0
		d := idle(t, log)
		d.take = func(lane spool.Lane, mark bool) (*spool.Entry, error) {
			if tries++; time.Since(start) < time.Hour {
				return nil, errors.New("no space left on device")
			}
			return d.o.Spool.Take(lane, mark)
		}
		c := &fake{recipients: []string{"alice"}}
		d.Use([]Route{route("c", c)})
		run(t, d)
		let(time.Hour - time.Second)
		require.Empty(t, c.tried())
		require.Len(t, log.lines("level=WARN", "no space left on device"), 1)
		let(time.Minute)
		require.Len(t, c.told("alice"), 1)
		require.Less(t, tries, 300)
		require.Greater(t, tries, 60)
	})
}
