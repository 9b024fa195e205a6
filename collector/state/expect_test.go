// SPDX-License-Identifier: Apache-2.0

package state_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// A verdict holds while the next probe waits for its turn, and no longer than that
// can take.
func TestVerdictHoldsWhileItsProbeWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), nodes())
		stop := run(t, s)
		id := poll.Replica("a")
		s.Expect(id, time.Hour)
		s.Expect(push.Replica("a"), time.Hour)
		check(t, s, id, status.Unknown, status.None)
		s.Record(id, probe.Verdict{Status: status.Dead, Reason: status.Timeout}, probe.Result{At: time.Now()})
		s.Expect(id, time.Second)
		time.Sleep(time.Minute)
		s.Expect(id, time.Hour)
		time.Sleep(time.Hour + 5*time.Second - 1)
		check(t, s, id, status.Dead, status.Timeout)
		time.Sleep(time.Nanosecond)
		check(t, s, id, status.Unknown, status.None)
		s.Expect(id, time.Hour)
		check(t, s, id, status.Unknown, status.None)
		stop()
	})
}
