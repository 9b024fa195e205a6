// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

func TestChangesAreToldSoonAndTheRestOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a", "b"))
		defer r.stop()
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "unknown reported", "b": "unknown reported"}, shown(master), "unknown is no silence")
		require.Len(t, r.wire.requests(), 1)

		r.record("a", status.Healthy)
		r.record("b", status.Dead)
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, []string{`POST /reporter {"reports":[` +
			`{"service":"lan","node":"gateway","replica":"a","interval":30,"health":"healthy"},` +
			`{"service":"lan","node":"gateway","replica":"b","interval":30,"health":"dead"}]}`}, r.wire.requests())
		require.Equal(t, map[string]string{"a": "healthy", "b": "dead reported"}, shown(master))

		for range 55 * 60 { // the probes are an hour apart
			time.Sleep(time.Second)
			require.Equal(t, map[string]string{"a": "healthy", "b": "dead reported"}, shown(master))
		}
		require.InDelta(t, 55*60/27, len(r.wire.requests()), 1, "each report tells of all")
		require.Empty(t, r.log())
	})
}

// The words of the relay are shown at the master, in place of its own.
func TestWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a", "b", "c"))
		defer r.stop()
		record := func(name string, v probe.Verdict) {
			r.store.Record(gateway.Replica(name), v, probe.Result{At: time.Now()})
		}
		words := func() map[string]string {
			all := map[string]string{}
			for _, r := range master.Snapshot(time.Now()) {
				all[r.ID.Replica] = r.Detail
			}
			return all
		}
		record("a", probe.Verdict{Status: status.Dead, Reason: status.Connect, Detail: "dial tcp 10.0.0.1:80: connection refused"})
		record("b", probe.Verdict{Status: status.Sick, Reason: status.Slow})
		record("c", probe.Verdict{Status: status.Healthy, Detail: "DISK OK"})
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "dial tcp 10.0.0.1:80: connection refused", "b": "slow answer", "c": "DISK OK"}, words())
		r.wire.requests()

		record("a", probe.Verdict{Status: status.Dead, Reason: status.Exit, Detail: strings.Repeat("x", 500)})
		record("c", probe.Verdict{Status: status.Healthy})
		time.Sleep(time.Second)
		require.Empty(t, r.wire.requests(), "the status is the same")
		time.Sleep(interval)
		require.Equal(t, map[string]string{"a": status.Shorten(strings.Repeat("x", 500)), "b": "slow answer", "c": ""}, words())
	})
}

// The master knows that a relay has fallen silent, by the interval in its reports.
func TestSilenceOfTheRelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a"))
		r.record("a", status.Healthy)
		time.Sleep(time.Second)
		r.stop()
		time.Sleep(interval + deadAfter - 2*time.Second)
		require.Equal(t, map[string]string{"a": "healthy"}, shown(master))
		time.Sleep(2 * time.Second)
		require.Equal(t, map[string]string{"a": "dead late"}, shown(master))
	})
}

// A verdict that is too old to hold is unknown here, and so there.
func TestWhatIsNoLongerKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a"))
		defer r.stop()
		r.record("a", status.Healthy)
		time.Sleep(2*time.Hour + time.Minute)
		require.Equal(t, map[string]string{"a": "unknown reported"}, shown(master))
	})
}

func TestOutageOfTheMaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a", "b", "c"))
		defer r.stop()
		for _, name := range []string{"a", "b", "c"} {
			r.record(name, status.Healthy)
		}
		time.Sleep(time.Second)
		r.wire.requests()
		r.wire.setCut(true)
		for i := range 1000 {
			r.record("a", []status.Status{status.Dead, status.Sick, status.Healthy}[i%3])
			time.Sleep(time.Second)
		}
		r.record("a", status.Sick)
		r.store.Configure([]state.Node{probed("a", "b", "d")})
		time.Sleep(time.Minute)
		require.Equal(t, "dead late", shown(master)["b"])
		expect(t, r.Relay, schema.ExporterRelayPending, 4)

		r.wire.setCut(false)
		time.Sleep(24 * time.Second)
		require.Equal(t, map[string]string{"a": "sick reported", "b": "healthy", "d": "unknown reported"}, shown(master), "the last status counts, and c is gone")
		asked := r.wire.requests()
		require.Len(t, asked, 1, "of each replica one report is left of an outage")
		require.Contains(t, asked[0], `"replica":"c","flush":true`)
		expect(t, r.Relay, schema.ExporterRelayPending, 0)

		require.Equal(t, 2, strings.Count(r.log(), "\n"), r.log())
		require.Contains(t, r.log(), `level=WARN msg="The master takes no reports; it will be told what holds once it does" url=http://master err="Post \"http://master/reporter\": connection refused"`)
		require.Contains(t, r.log(), `level=INFO msg="The master takes reports again" url=http://master`)
		require.NotContains(t, r.log(), token)
	})
}

// While the master is away it is asked ever more seldom, and still so often that
// nothing is late when it is back soon.
func TestBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Time
		code, retryAfter := http.StatusBadGateway, ""
		r := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Now())
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(code)
		}), "", probed("a"))
		defer r.stop()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		mu.Lock()
		require.InDelta(t, 600/15, len(at), 15)
		require.Less(t, at[1].Sub(at[0]), time.Second)
		for i := range at[1:] {
			require.Less(t, at[i+1].Sub(at[i]), 23*time.Second)
		}
		retryAfter, at = "120", nil
		mu.Unlock()
		time.Sleep(10 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		require.InDelta(t, 5, len(at), 1, "the master has said how long to wait")
		require.Contains(t, r.log(), `err="the master answers 502: Bad Gateway"`)
	})
}

func TestWhatIsRemovedIsFlushed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		file := filepath.Join(t.TempDir(), "relay.json")
		r := start(t, handler(master), file, probed("a", "b", "c"))
		time.Sleep(time.Second)
		r.store.Configure([]state.Node{probed("a", "c")})
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "unknown reported", "c": "unknown reported"}, shown(master))
		r.stop()

		time.Sleep(time.Minute)
		r = start(t, handler(master), file, probed("a"))
		time.Sleep(interval / 2)
		require.Contains(t, shown(master), "c", "it may be discovered yet")
		time.Sleep(interval / 2)
		require.Equal(t, map[string]string{"a": "unknown reported"}, shown(master), "what was removed between two runs, too")
		s := r.settings()
		s.Services = []string{"web"}
		r.Update(s)
		time.Sleep(time.Second)
		require.Empty(t, shown(master), "its service is no longer relayed")
		r.Update(relay.Settings{})
		time.Sleep(time.Second)
		r.wire.requests()
		time.Sleep(time.Hour)
		require.Empty(t, r.wire.requests(), "nothing is relayed")
		require.Empty(t, r.log())
		r.stop()
	})
}

func TestFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		file := filepath.Join(t.TempDir(), "relay.json")
		require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
		r := start(t, handler(master), file, probed("a"))
		time.Sleep(time.Second)
		require.Contains(t, r.log(), "What an earlier run has told the master can't be read")
		require.Equal(t, map[string]string{"a": "unknown reported"}, shown(master))
		r.stop()
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.JSONEq(t, `{"master":"http://master","replicas":[{"Service":"lan","Node":"gateway","Replica":"a"}]}`, string(data))

		require.NoError(t, os.WriteFile(file, []byte(`{"master":"http://other","replicas":[{"Service":"lan","Node":"gateway","Replica":"z"}]}`), 0o600))
		r = start(t, handler(master), file, probed("a"))
		time.Sleep(time.Second)
		require.NotContains(t, r.wire.requests()[0], "flush", "another master was told")
		r.stop()

		r = start(t, handler(master), filepath.Join(file, "no folder"), probed("a"))
		time.Sleep(time.Second)
		require.Contains(t, r.log(), "What the master was told can't be kept")
		require.NotEmpty(t, r.wire.requests())
		r.stop()
	})
}

func TestManyReplicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 3000
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("tcp://10.0.%d.%d:80", i/256, i%256))
		}
		master, stop := newStore(t, local())
		defer stop()
		limit := 300
		take := handler(master)
		r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Count(string(body), "replica") > limit { // as a proxy with a limit of its own
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			take.ServeHTTP(w, r)
		}), "", probed(names...))
		defer r.stop()
		time.Sleep(time.Second)
		require.Len(t, shown(master), n)
		require.Len(t, r.wire.requests(), 1+n/250)
		expect(t, r.Relay, schema.ExporterRelayReplicas, n)
	})
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a"))
		defer r.stop()
		time.Sleep(time.Second)
		require.Zero(t, testutil.CollectAndCount(relay.New(relay.Options{})), "who reports to nobody has no metrics")
		problems, err := testutil.CollectAndLint(r)
		require.NoError(t, err)
		require.Empty(t, problems)
		require.NoError(t, testutil.CollectAndCompare(r, strings.NewReader(`
# HELP pharos_exporter_relay_pending_reports Reports that the master of the relay was to get the last time and did not.
# TYPE pharos_exporter_relay_pending_reports gauge
pharos_exporter_relay_pending_reports 0
# HELP pharos_exporter_relay_replicas Replicas that the master of the relay is told of.
# TYPE pharos_exporter_relay_replicas gauge
pharos_exporter_relay_replicas 1
# HELP pharos_exporter_relay_reports_total Reports to the master of the relay by what became of them: accepted, refused (the master wants none like that), or failed (to be tried again).
# TYPE pharos_exporter_relay_reports_total counter
pharos_exporter_relay_reports_total{result="accepted"} 1
pharos_exporter_relay_reports_total{result="failed"} 0
pharos_exporter_relay_reports_total{result="refused"} 0
`), schema.ExporterRelayPending, schema.ExporterRelayReplicas, schema.ExporterRelayReports))
		require.Equal(t, 6, testutil.CollectAndCount(r))
		require.InDelta(t, time.Now().Unix(), value(t, r, schema.ExporterRelayLastSuccess), 1)
	})
}
