// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

const crashYML = `
reporter: {tokens: [{token: report-me, services: ["*"]}]}
services:
  - id: apps
    label: Applications
    nodes:
      - {id: workers, label: Workers, mode: push, reveal_replica_name: true, push: {dead_after: 1h}}
`

// send makes a request with a token, and tells whether it was answered with 200.
func send(method, url, token, body string) (answer string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err.Error(), false
	}
	req.SetBasicAuth("", token)
	req.Header.Set("User-Agent", "pharos-e2e")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error(), false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return string(text), err == nil && res.StatusCode/100 == 2
}

// A writer sends reports and announcements until it is told to stop, and notes
// which of them were acknowledged.
type writer struct {
	a        *allInOne
	round    int
	replicas []string
	titles   []string

	acknowledged chan struct{} // closed at the first report that was
}

func (w *writer) run(stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		replica := fmt.Sprintf("worker-%d-%d", w.round, n)
		if _, ok := send(http.MethodPost, w.a.page+"/reporter/apps/workers/", "report-me",
			fmt.Sprintf(`{"replica": %q, "interval": 3600, "load": {"cpu": 0.1, "ram": 0.2}}`, replica)); ok {
			if w.replicas = append(w.replicas, replica); len(w.replicas) == 1 {
				close(w.acknowledged)
			}
		}
		if n%20 != 0 {
			continue
		}
		title := fmt.Sprintf("Notice %d-%d", w.round, n)
		if _, ok := send(http.MethodPost, w.a.page+"/manager/announcement/", "manage-me",
			fmt.Sprintf(`{"title": %q, "text": "words"}`, title)); ok {
			w.titles = append(w.titles, title)
		}
	}
}

// TestNothingAcknowledgedIsLost kills the process in the middle of its work, again
// and again.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	config, data := t.TempDir(), t.TempDir()
	write(t, config, "exporter.yml", crashYML)
	write(t, config, "statuspage.yml", "manager: {token: manage-me}\n")
	public, ops := testkit.FreePort(t), testkit.FreePort(t)
	var replicas, titles []string
	for round := range rounds {
		a := startAllInOneAt(t, config, data, public, ops)
		lost(t, a, replicas, titles)
		w := &writer{a: a, round: round, acknowledged: make(chan struct{})}
		stop, done := make(chan struct{}), make(chan struct{})
		go func() { defer close(done); w.run(stop) }()
		select {
		case <-w.acknowledged:
		case <-time.After(patience):
			t.Fatalf("round %d: nothing was acknowledged", round)
		}
		time.Sleep(time.Duration(37*round%200) * time.Millisecond) // a different moment each time
		a.end(syscall.SIGKILL)
		close(stop)
		<-done
		replicas, titles = append(replicas, w.replicas...), append(titles, w.titles...)
	}
	a := startAllInOneAt(t, config, data, public, ops)
	lost(t, a, replicas, titles)
	t.Logf("%d kills: %d replicas and %d announcements acknowledged, all there", rounds, len(replicas), len(titles))
	a.stop(t)
}

// lost fails the test for everything acknowledged that is not there.
func lost(t *testing.T, a *allInOne, replicas, titles []string) {
	t.Helper()
	metrics := mustGet(t, a.ops+"/metrics")
	for _, r := range replicas {
		if !strings.Contains(metrics, fmt.Sprintf(`replica=%q`, r)) {
			t.Errorf("replica %s was acknowledged and is lost", r)
		}
	}
	list, ok := send(http.MethodGet, a.page+"/manager/announcements/", "manage-me", "")
	if !ok {
		t.Errorf("list of announcements: %s", list)
	}
	for _, title := range titles {
		if !strings.Contains(list, fmt.Sprintf("%q", title)) {
			t.Errorf("announcement %s was acknowledged and is lost", title)
		}
	}
}
