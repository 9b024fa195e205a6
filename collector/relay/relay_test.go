// SPDX-License-Identifier: Apache-2.0

package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/relay"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/schema"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token     = "s3cret"
	interval  = 30 * time.Second
	deadAfter = 40 * time.Second
)

var gateway = status.NodeID{Service: "lan", Node: "gateway"}

// A secret compares itself as plainly as can be.
type secret string

func (s secret) Equal(presented string) bool { return string(s) == presented }

// newStore returns a store that runs until the test ends, or stop is called.
func newStore(t *testing.T, nodes ...state.Node) (s *state.Store, stop func()) {
	t.Helper()
	s, err := state.Open(state.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	s.Configure(nodes)
	return s, run(t, s.Run)
}

func run(t *testing.T, component func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- component(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// probed is a node of the relay whose replicas have the names.
func probed(names ...string) state.Node {
	n := state.Node{ID: gateway, Mode: state.Poll}
	for _, name := range names {
		n.Replicas = append(n.Replicas, state.Probed{Name: name, Interval: time.Hour, Timeout: time.Second})
	}
	return n
}

func local() state.Node { return state.Node{ID: gateway, Mode: state.Local, DeadAfter: deadAfter} }

func handler(s *state.Store) http.Handler {
	return push.Handler(push.Options{
		Store: s, Logger: slog.New(slog.DiscardHandler),
		Tokens: func() []push.Token { return []push.Token{{Secret: secret(token), Services: []string{"lan", "web"}}} },
	})
}

// A wire leads to the handler of a master, without a network, and may be cut.
type wire struct {
	http.Handler
	mu    sync.Mutex
	cut   bool
	asked []string // the requests that came through
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	cut := w.cut
	if !cut {
		w.asked = append(w.asked, fmt.Sprintf("%s %s %s", r.Method, r.URL.EscapedPath(), body))
	}
	w.mu.Unlock()
	if cut {
		return nil, errors.New("connection refused")
	}
	r = r.Clone(r.Context())
	r.Body, r.RequestURI = io.NopCloser(strings.NewReader(string(body))), r.URL.RequestURI()
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}

// requests returns those that came through since the last call.
func (w *wire) requests() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

// A rig is a relay with its store, and a wire to its master.
type rig struct {
	*relay.Relay
	store *state.Store
	wire  *wire
	out   strings.Builder
	stop  func()
}

// log returns what the relay has logged.
func (r *rig) log() string {
	synctest.Wait()
	return r.out.String()
}

func (r *rig) settings() relay.Settings {
	return relay.Settings{
		URL: "http://master", Token: token, Services: []string{"*"}, Interval: interval, Client: &http.Client{Transport: r.wire},
	}
}

// start runs a relay of what nodes say to a master.
func start(t *testing.T, master http.Handler, file string, nodes ...state.Node) *rig {
	t.Helper()
	r := &rig{wire: &wire{Handler: master}}
	var stop func()
	r.store, stop = newStore(t, nodes...)
	r.Relay = relay.New(relay.Options{
		Snapshot: r.store.Snapshot, Changed: r.store.StatusChanged(), File: file, Logger: slog.New(slog.NewTextHandler(&r.out, nil)),
	})
	r.Update(r.settings())
	stopRelay := run(t, r.Run)
	r.stop = func() {
		stopRelay()
		stop()
	}
	return r
}

// record makes the relay see a status.
func (r *rig) record(name string, s status.Status) {
	r.store.Record(gateway.Replica(name), probe.Verdict{Status: s}, probe.Result{At: time.Now()})
}

// shown returns what a store shows of a node: a status for each name.
func shown(s *state.Store) map[string]string {
	all := map[string]string{}
	for _, r := range s.Snapshot(time.Now()) {
		all[r.ID.Replica] = strings.TrimSpace(r.Status.String() + " " + string(r.Reason))
	}
	return all
}

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

// What the master does not want stops nothing else, and is told once.
func TestWhatTheMasterRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		master.SetLimits(state.Limits{ReplicasPerNode: 1})
		unknown := probed("x", "y")
		unknown.ID.Node = "none"
		foreign := probed("z")
		foreign.ID.Service = "mail"
		r := start(t, handler(master), "", probed("a", "b"), unknown, foreign)
		defer r.stop()
		r.record("a", status.Healthy)
		for range 20 {
			time.Sleep(time.Minute)
			require.Equal(t, map[string]string{"a": "healthy"}, shown(master))
		}
		r.record("a", status.Sick)
		time.Sleep(time.Second)
		require.Equal(t, map[string]string{"a": "sick reported"}, shown(master), "changes are as fast as ever")
		expect(t, r.Relay, schema.ExporterRelayPending, 1)
		require.Contains(t, r.log(), `node=lan:none replica=x err="the master answers 404: unknown node \"none\" of service \"lan\""`)
		require.Contains(t, r.log(), `node=mail:gateway replica=z err="the master answers 403: the token is not good for this service"`)
		require.Contains(t, r.log(), "the master answers 503: too many replicas")
		require.Equal(t, 1, strings.Count(r.log(), "node=lan:none"))
	})
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		master, stop := newStore(t, local())
		defer stop()
		r := start(t, handler(master), "", probed("a"))
		defer r.stop()
		s := r.settings()
		s.Token = "wrong"
		r.Update(s)
		time.Sleep(time.Minute)
		require.Contains(t, r.log(), "the master answers 401: the token is wrong; write one of the master's reporter tokens into relay.token or its file")
		r.Update(r.settings())
		time.Sleep(time.Second)
		require.Contains(t, shown(master), "a")
	})
}

func TestAnswersThatAreNoPharos(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		text string
		want string
	}{
		"a portal":      {200, "<html>", "the master's answer is none of a Pharos; check the URL"},
		"empty":         {200, "{}", "the master's answer is none of a Pharos; check the URL"},
		"a redirect":    {308, "", "the master answers 308: it redirects; write the address that it leads to into relay.url"},
		"bad request":   {400, strings.Repeat("x", 1000), "the master answers 400: " + strings.Repeat("x", 200)},
		"one too large": {413, "too large", "the master answers 413: too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", "http://elsewhere/")
					w.WriteHeader(tc.code)
					_, _ = io.WriteString(w, tc.text)
				}), "", probed("a"))
				time.Sleep(time.Second)
				r.stop()
				require.Contains(t, r.log(), `err="`+tc.want+`"`)
				expect(t, r.Relay, schema.ExporterRelayPending, 1)
			})
		})
	}
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

// expect requires the value of a gauge.
func expect(t *testing.T, c prometheus.Collector, name string, want float64) {
	t.Helper()
	require.InDelta(t, want, value(t, c, name), 0)
}

// value returns the value of a gauge.
func value(t *testing.T, c prometheus.Collector, name string) float64 {
	t.Helper()
	synctest.Wait()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}
