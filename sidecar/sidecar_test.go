// SPDX-License-Identifier: Apache-2.0

package sidecar

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

const a = `watch: [{service: web, node: a, replica: r, tcp: "127.0.0.1:1"}]` + "\n"

func TestReportsAtOnceAndEachInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		r.run()
		synctest.Wait()
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"))
		time.Sleep(30*time.Second - 1)
		require.Empty(t, r.network.told("one"))
		time.Sleep(60 * time.Second)
		require.Equal(t, []string{"web/a/r healthy", "web/a/r healthy"}, r.network.told("one"))
		r.watches["a"].set(status.Sick, "it is slow")
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"web/a/r sick it is slow"}, r.network.told("one"))
		require.Contains(t, r.log.take(), `level=WARN msg="Status changed" service=web node=a replica=r status=sick reason="it is slow"`)
		r.stop()
		require.Empty(t, r.network.told("one"), "it is kept")
	})
}

func TestTheDeadIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		r.run()
		time.Sleep(time.Second)
		r.watches["a"].looks()
		r.network.told("one")
		r.watches["a"].set(status.Dead, "gone")
		time.Sleep(29*time.Second + 700*time.Millisecond)
		require.Equal(t, 2, r.watches["a"].looks())
		require.Empty(t, r.network.told("one"), "not yet believed")
		r.watches["a"].set(status.Healthy, "")
		time.Sleep(time.Second)
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"), "it was restarted")
		r.watches["a"].set(status.Dead, "gone")
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"web/a/r dead gone"}, r.network.told("one"))
		require.Equal(t, 4, r.watches["a"].looks(), "three, and one before")
		r.stop()
	})
}

func TestASlowWatchDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+`watch: [{service: web, node: a, replica: r, tcp: "a:1"}, {service: web, node: b, replica: r, tcp: "a:1"}]`)
		r.watches["a"].takes = time.Minute // it heeds its timeout
		r.run()
		time.Sleep(5 * time.Second)
		require.Equal(t, []string{"web/b/r healthy"}, r.network.told("one"))
		time.Sleep(6 * time.Second)
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"))
		r.stop()
	})
}

func TestAWatchThatHangsIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		r.run()
		time.Sleep(time.Second)
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"))
		r.watches["a"].mu.Lock()
		r.watches["a"].takes = 2 * time.Hour
		r.watches["a"].mu.Unlock()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"), "the last word, while it may be true")
		time.Sleep(time.Minute)
		told := r.network.told("one")
		require.NotEmpty(t, told)
		for _, what := range told {
			require.Regexp(t, `^web/a/r (healthy|unknown the check has not ended for \d+)`, what)
		}
		require.Contains(t, told[len(told)-1], "unknown")
		begun := time.Now()
		r.stop()
		require.Equal(t, endPatience, time.Since(begun), "nobody waits for it at the end")
		require.Contains(t, r.log.take(), "still looks")
		time.Sleep(2 * time.Hour)
	})
}

func TestAllServersAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `servers: [{url: "http://one", token: a}, {url: "http://two", token: a}]`+"\n"+a)
		r.network.set(func(host, _ string) (int, time.Duration) {
			if host == "one" {
				return 0, time.Minute // it times out
			}
			return 200, 0
		})
		r.run()
		time.Sleep(31 * time.Second)
		require.Len(t, r.network.told("two"), 2, "one is slow and delays nobody")
		require.NotEmpty(t, r.network.told("one"))
		require.Equal(t, 1, strings.Count(r.log.take(), "The server is not reached"), "told once")
		r.network.set(nil)
		time.Sleep(time.Minute)
		require.Contains(t, r.log.take(), "The server is reached again")
		r.stop()
	})
}

func TestTheFirstThatTakesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `servers: [{url: "http://one", token: a}, {url: "http://two", token: a}]`+"\nsend: first\n"+a)
		r.run()
		time.Sleep(time.Second)
		require.Len(t, r.network.told("one"), 1)
		require.Empty(t, r.network.told("two"))
		r.network.set(func(host, _ string) (int, time.Duration) {
			return map[string]int{"one": 503, "two": 200}[host], 0
		})
		time.Sleep(30 * time.Second)
		require.Len(t, r.network.told("one"), 1)
		require.Len(t, r.network.told("two"), 1)
		r.stop()
	})
}

func TestFailedReportsAreTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		r.network.set(func(string, string) (int, time.Duration) { return 503, 0 })
		r.run()
		time.Sleep(10 * time.Second)
		require.Len(t, r.network.told("one"), 4, "after 0, 1, 3 and 7 seconds")
		r.watches["a"].set(status.Sick, "new")
		r.network.set(nil)
		time.Sleep(6 * time.Second)
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"), "what was seen last")
		r.stop()
	})
}

func TestRefusalsAreToldOnceWithAHint(t *testing.T) {
	t.Parallel()
	for code, hint := range map[int]string{
		http.StatusUnauthorized: "token_file", http.StatusForbidden: "token_file", http.StatusNotFound: "compare the ids",
		http.StatusPreconditionFailed: "not in mode local", http.StatusBadRequest: "without /reporter",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, oneServer+a)
			r.network.set(func(string, string) (int, time.Duration) { return code, 0 })
			r.run()
			time.Sleep(5*time.Minute + time.Second)
			log := r.log.take()
			require.Equal(t, 1, strings.Count(log, "Report refused"), log)
			require.Contains(t, log, hint)
			require.NotContains(t, log, "hunter2")
			require.LessOrEqual(t, len(r.network.told("one")), 11, "once an interval")
			r.network.set(nil)
			time.Sleep(30 * time.Second)
			require.Contains(t, r.log.take(), "Reports are taken again")
			r.stop()
		})
	}
}

func TestAVigilIsNotToldOfTheUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+a)
		r.network.set(func(_, what string) (int, time.Duration) {
			if strings.Contains(what, "unknown") {
				return 400, 0
			}
			return 200, 0
		})
		r.watches["a"].set(status.Unknown, "permission denied")
		r.run()
		time.Sleep(askEvery - time.Second)
		require.Equal(t, []string{"web/a/r unknown permission denied"}, r.network.told("one"), "once")
		time.Sleep(askEvery)
		require.Equal(t, []string{"web/a/r unknown permission denied"}, r.network.told("one"), "and again after a while")
		log := r.log.take()
		require.Equal(t, 1, strings.Count(log, "as a Vigil"), log)
		require.NotContains(t, log, "Report refused")
		r.watches["a"].set(status.Healthy, "")
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"web/a/r healthy"}, r.network.told("one"))

		r.network.set(nil) // a Pharos has taken its place
		r.watches["a"].set(status.Unknown, "permission denied")
		time.Sleep(askEvery + 30*time.Second)
		require.GreaterOrEqual(t, len(r.network.told("one")), 1)
		require.Contains(t, r.log.take(), "takes the status unknown by now")
		time.Sleep(time.Minute)
		require.Len(t, r.network.told("one"), 2)
		r.stop()
	})
}

func TestLoads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, oneServer+`watch: [{service: web, node: a, replica: r, report: load, process: {name: a}}]`)
		w := r.watches["a"]
		w.says.Figures.CPU, w.says.Figures.CPUShare, w.says.Figures.MemoryShare = 1, 0.5, 0.25
		r.run()
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"web/a/r 0.50 0.25 healthy"}, r.network.told("one"))
		w.set(status.Healthy, "")
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"web/a/r 0.00 0.00 unknown the load could not be measured"}, r.network.told("one"))
		w.set(status.Dead, "gone")
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"web/a/r 1.00 1.00 dead gone"}, r.network.told("one"), "what sees the load alone sees something bad")
		r.stop()
	})
}

func TestFlushAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `servers: [{url: "http://one", token: a}, {url: "http://two", token: a}, {url: "http://three", token: a}]`+"\non_stop: flush\n"+a)
		r.run()
		synctest.Wait()
		r.network.set(func(host, _ string) (int, time.Duration) {
			return map[string]int{"one": 404, "two": 200}[host], map[string]time.Duration{"three": time.Hour}[host]
		})
		begun := time.Now()
		r.stop()
		require.Equal(t, flushPatience, time.Since(begun), "that one is stuck is no reason to stay")
		for _, host := range []string{"one", "two", "three"} {
			require.Equal(t, []string{"web/a/r healthy", "DELETE web/a/r"}, r.network.told(host))
		}
		require.Equal(t, 1, strings.Count(r.log.take(), "Replica not flushed"), "404 is as good")
	})
}
