// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

const twoServers = `servers: [{url: "http://one", token: a}, {url: "http://two", token: a}]` + "\n"

// TestTheLastReportComesToItsEnd: a server would work off one that was cut off after the
// flush, and have the replica again.
func TestTheLastReportComesToItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+"on_stop: flush\n"+a)
		r.network.set(func(string, string) (int, time.Duration) { return 200, time.Second })
		r.run()
		synctest.Wait()
		begun := time.Now()
		r.stop()
		require.Equal(t, 2*time.Second, time.Since(begun))
		require.Equal(t, []string{"web/a/r healthy", "DELETE web/a/r"}, r.network.told("one"))
		require.Empty(t, r.network.cut)
	})
}

func TestTheLastReportIsNotAwaitedForEver(t *testing.T) {
	t.Parallel()
	for _, send := range []string{"all", "first"} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, twoServers+"send: "+send+"\n"+a)
			r.network.set(func(string, string) (int, time.Duration) { return 200, time.Minute })
			r.run()
			synctest.Wait()
			begun := time.Now()
			r.stop()
			require.Equal(t, flushPatience, time.Since(begun))
			require.Len(t, r.network.cut, map[string]int{"all": 2, "first": 1}[send], "no other is begun with")
		})
	}
}

// TestAServerThatIsTakenOut: it would show what it was told last as dead.
func TestAServerThatIsTakenOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, twoServers+a)
		r.run()
		synctest.Wait()
		r.network.told("one")
		r.network.told("two")
		r.write(`servers: [{url: "http://two", token: another}]` + "\n" + a)
		require.NoError(t, r.Reload())
		time.Sleep(time.Second)
		require.Equal(t, []string{"DELETE web/a/r"}, r.network.told("one"))
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("two"), "it goes on")
		require.Equal(t, 2, r.network.closed, "nobody uses the old connections")
		require.Equal(t, 3, testutil.CollectAndCount(r.metrics.reports, schema.ReporterReports), "those of one are gone")
		r.stop()
		require.Empty(t, r.network.told("two"), "it is kept")
	})
}

// TestAReloadWhileAWatchHangs: somebody goes on to tell that nothing is known.
func TestAReloadWhileAWatchHangs(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]string{"as it was": a, "another one": "interval: 20s\n" + a} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, oneServer+"on_stop: flush\n"+a)
				r.run()
				synctest.Wait()
				r.watches["a"].mu.Lock()
				r.watches["a"].takes = 2 * time.Hour
				r.watches["a"].mu.Unlock()
				time.Sleep(40 * time.Second)
				r.network.told("one")
				for range 3 {
					r.write(oneServer + "on_stop: flush\n" + next)
					require.NoError(t, r.Reload())
					time.Sleep(30 * time.Second)
				}
				told := r.network.told("one")
				require.NotEmpty(t, told)
				require.Contains(t, told[len(told)-1], "unknown the check has not ended")
				r.stop()
				told = r.network.told("one")
				require.Equal(t, "DELETE web/a/r", told[len(told)-1])
				time.Sleep(9 * time.Hour)
			})
		})
	}
}

// TestWatchesDoNotStayInStep: the second look comes after a part of the interval.
func TestWatchesDoNotStayInStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		r.current.Load().runners[0].spread = func(whole time.Duration) time.Duration { return whole / 3 }
		r.run()
		time.Sleep(10*time.Second - 1)
		require.Equal(t, 1, r.watches["a"].looks(), "the first one is at once")
		time.Sleep(2 * time.Nanosecond)
		require.Equal(t, 1, r.watches["a"].looks())
		time.Sleep(30*time.Second - 2)
		require.Zero(t, r.watches["a"].looks())
		time.Sleep(2 * time.Nanosecond)
		require.Equal(t, 1, r.watches["a"].looks())
		r.stop()
	})
}
