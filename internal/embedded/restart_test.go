// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crash ends the engine as kill -9 would: what is on disk now is all that a new
// engine finds, while the old one goes on with its own copy until it is stopped.
func (r *rig) crash() {
	r.t.Helper()
	left := r.t.TempDir()
	require.NoError(r.t, os.CopyFS(left, os.DirFS(r.o.StoragePath)))
	r.stop()
	r.o.StoragePath = left
	r.exporter = newExporter(0)
	r.o.Changes = r.exporter
	r.o.Exporter = exposition(r.exporter)
}

func TestAnAlertThatClearedDuringACrashIsResolved(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	r.start()
	r.exporter.set(0, false)
	r.exporter.set(1, false)
	require.ElementsMatch(t, []string{"firing ReplicaDead replica-0000", "firing ReplicaDead replica-0001"}, []string{<-r.pages, <-r.pages})
	r.eventually(func() bool { return len(r.query(`ALERTS{alertstate="firing"}`)) == 2 }, "ALERTS not written")
	r.logged("replica-0000", "replica-0001")

	r.crash()
	r.exporter.set(0, false) // still dead
	r.exporter.set(1, true)  // came back, and nobody saw it
	r.start()                // 2 is not configured any more

	r.page("resolved ReplicaDead replica-0001")
	require.Len(t, r.query(`ALERTS`), 1)
	require.Len(t, r.query(`ALERTS_FOR_STATE`), 1)
	require.Len(t, r.query(`pharos_replica_status`), 6, "series of the replica that is gone have ended")
	require.Len(t, r.query(`replica:pharos_status:severity`), 2)
	for len(r.pages) > 0 {
		require.NotContains(t, <-r.pages, "firing", "what still fires was notified before the crash")
	}
}

func TestAResolvedThatWasNotToldBeforeACrashIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	slow := strings.Replace(r.read("alertmanager.yml"), "group_interval: 1s", "group_interval: 1h", 1)
	fast := r.read("alertmanager.yml")
	r.write("alertmanager.yml", slow)
	r.start()
	r.exporter.set(0, false)
	r.next("firing ReplicaDead replica-0000")
	r.logged()
	r.exporter.set(0, true)
	r.eventually(func() bool { return len(r.query(`ALERTS`)) == 0 }, "the alert has not ended")

	r.crash()
	r.exporter.set(0, true)
	r.write("alertmanager.yml", fast)
	r.start()

	r.next("resolved ReplicaDead replica-0000")
	require.Equal(t, "replica-0000 is dead", r.summary.Load())
}

func TestAnotherAddressIsNoSecondPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, func(o *Options) {
		o.testRules = nil // the real ones take a quorum of places
		o.Own = o.Exporter
	})
	r.start()
	severity := func(want string) func() bool {
		return func() bool {
			return len(r.query(`replica:pharos_status:severity{replica="replica-0000"} == `+want)) == 1
		}
	}
	r.eventually(severity("0"), "not healthy")
	r.eventually(func() bool { return len(r.query(`up == 1`)) == 2 }, "not scraped")

	r.crash()
	r.exporter.set(0, false)
	r.exporter.set(1, true)
	r.o.ListenAddress = "127.0.0.1:9999"
	r.start()

	require.True(t, severity("3")(), "it is dead with the first evaluation")
	require.Empty(t, r.query(`{instance="`+instance+`", __name__!~"ALERTS.*"}`))
}

func TestSeriesThatNobodyScrapesAnyMoreEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.start()
	latencies := func(n int) func() bool {
		return func() bool { return len(r.query(`histogram_count(pharos_replica_latency_seconds)`)) == n }
	}
	r.eventually(latencies(2), "no latencies")

	r.crash()
	r.exporter.set(0, true)
	r.exporter.latency.WithLabelValues(place(0)...).Observe(0.1)
	r.start()

	r.eventually(latencies(1), "the latency of the replica that is gone")
}

func TestPendingAlertsGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.write("rules/slow.yml", `groups: [{name: slow, rules: [{alert: DeadLong, expr: 'replica:pharos_status:severity == 3', for: 3s}]}]`)
	r.start()
	r.exporter.set(1, false)
	began := time.Now()
	r.eventually(func() bool {
		return len(r.query(`ALERTS{alertname="DeadLong", alertstate="pending"}`)) == 1 && time.Since(began) > 2*time.Second
	}, "not pending")

	r.crash()
	r.exporter.set(0, true)
	r.exporter.set(1, false)
	r.start()
	restarted := time.Now()

	r.page("firing DeadLong replica-0001")
	require.Less(t, time.Since(restarted), 2500*time.Millisecond, "the two seconds before the restart count")
}

func (r *rig) silence(label, value string) (id string) {
	r.t.Helper()
	code, body := r.call(http.MethodPost, "/alertmanager/api/v2/silences", fmt.Sprintf(
		`{"matchers":[{"name":%q,"value":%q,"isRegex":false,"isEqual":true}],"startsAt":%q,"endsAt":%q,"createdBy":"me","comment":"x"}`,
		label, value, time.Now().Format(time.RFC3339), time.Now().Add(time.Hour).Format(time.RFC3339)))
	require.Equal(r.t, http.StatusOK, code, body)
	var answer struct{ SilenceID string }
	require.NoError(r.t, json.Unmarshal([]byte(body), &answer))
	return answer.SilenceID
}

func TestASilenceIsDurableBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.start()
	id := r.silence("alertname", "ReplicaDead")
	r.crash()
	r.exporter.set(0, true)
	r.start()

	_, body := r.call(http.MethodGet, "/alertmanager/api/v2/silence/"+id, "")
	require.Contains(t, body, `"state":"active"`)

	code, _ := r.call(http.MethodDelete, "/alertmanager/api/v2/silence/"+id, "")
	require.Equal(t, http.StatusOK, code)
	r.crash()
	r.exporter.set(0, true)
	r.start()
	_, body = r.call(http.MethodGet, "/alertmanager/api/v2/silence/"+id, "")
	require.Contains(t, body, `"state":"expired"`)
}

func TestASilenceThatCannotBeSavedIsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.start()
	dir := filepath.Join(r.o.StoragePath, "alertmanager")
	require.NoError(t, os.RemoveAll(dir))
	code, body := r.call(http.MethodPost, "/alertmanager/api/v2/silences", fmt.Sprintf(
		`{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":%q,"endsAt":%q,"createdBy":"me","comment":"x"}`,
		time.Now().Format(time.RFC3339), time.Now().Add(time.Hour).Format(time.RFC3339)))
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.Equal(t, http.StatusInternalServerError, code)
	require.Equal(t, `"the silence holds, but could not be saved: it would not survive a restart"`, body)
}

func TestTheNotificationLogSurvivesACrash(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.exporter.set(0, false)
	r.start()
	r.page("firing ReplicaDead replica-0000")
	r.logged()

	r.crash()
	r.exporter.set(0, false)
	r.start()
	r.eventually(func() bool {
		_, body := r.call(http.MethodGet, "/alertmanager/api/v2/alerts", "")
		return strings.Contains(body, "replica-0000")
	}, "the alert is not known again")
	r.exporter.set(0, true)
	r.next("resolved ReplicaDead replica-0000") // and no second firing before
}

func TestATornWriteAheadLogIsRepaired(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	r.start()
	r.crash()
	segments, err := filepath.Glob(filepath.Join(r.o.StoragePath, "prometheus", "wal", "0*"))
	require.NoError(t, err)
	require.NotEmpty(t, segments)
	last := segments[len(segments)-1]
	info, err := os.Stat(last)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(last, info.Size()-7))
	r.exporter.set(0, true)

	r.start()

	require.NotEmpty(t, r.query(`pharos_replica_status`))
}

func TestTheDataFolderMustBeWritable(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	r.o.StoragePath = file

	_, err := New(r.o)

	require.EqualError(t, err, "data folder "+file+"/alertmanager is not writable: mkdir "+file+": not a directory; "+
		"give it to the user that Pharos runs as, or choose another one with --storage.path")
}

func TestTheDataFolderHasOneEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.start()
	o := r.o
	o.Registerer = nil

	_, err := New(o)

	require.EqualError(t, err, "open the history in "+filepath.Join(o.StoragePath, "prometheus")+
		": another process uses it; stop that one, or choose another folder with --storage.path")
}
