// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// An allInOne is a pharos process with its addresses.
type allInOne struct {
	*program
	config, data string
	page, ops    string // URLs without a slash at the end
}

// startAllInOne runs pharos on the folder and waits until it is ready.
func startAllInOne(t testing.TB, config, data string) *allInOne {
	t.Helper()
	public, ops := testkit.FreePort(t), testkit.FreePort(t)
	return startAllInOneAt(t, config, data, public, ops)
}

func startAllInOneAt(t testing.TB, config, data, public, ops string) *allInOne {
	t.Helper()
	a := &allInOne{config: config, data: data, page: "http://" + public, ops: "http://" + ops}
	a.program = start(t, ours("pharos"), "--config.dir="+config, "--storage.path="+data,
		"--web.listen-address="+public, "--ops.listen-address="+ops)
	answers(t, a.ops+"/-/ready")
	return a
}

// A target is an HTTP server that can be well or not.
type target struct {
	*httptest.Server
	broken atomic.Bool
	mu     sync.Mutex
	turned time.Time // of the first answer since the last change; zero if none
}

func newTarget(t testing.TB) *target {
	t.Helper()
	g := &target{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if g.broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.turned.IsZero() {
			g.turned = time.Now()
		}
	}))
	t.Cleanup(g.Close)
	return g
}

// turn makes the target well or not.
func (g *target) turn(broken bool) {
	g.broken.Store(broken)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turned = time.Time{}
}

// seen returns when the exporter first saw the change; zero if it has not yet.
func (g *target) seen() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turned
}

// A webhook is a receiver of Alertmanager's notifications.
type webhook struct {
	*httptest.Server
	alerts chan alert
}

// An alert is one alert of a notification.
type alert struct {
	Status string            `json:"status"`
	Labels map[string]string `json:"labels"`
	at     time.Time
}

func newWebhook(t testing.TB) *webhook {
	t.Helper()
	h := &webhook{alerts: make(chan alert, 10_000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n struct {
			Version string  `json:"version"`
			Alerts  []alert `json:"alerts"`
		}
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil || n.Version != "4" {
			t.Errorf("notification of version %q: %v", n.Version, err)
		}
		for _, a := range n.Alerts {
			a.at = time.Now()
			h.alerts <- a
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// wait returns the next alert with this status whose labels include those given.
func (h *webhook) wait(t testing.TB, status string, labels map[string]string) alert {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case a := <-h.alerts:
			if a.Status == status && includes(a.Labels, labels) {
				return a
			}
		case <-deadline:
			t.Fatalf("waited %v in vain for the alert %v to be %s", patience, labels, status)
		}
	}
}

func includes(all, some map[string]string) bool {
	for k, v := range some {
		if all[k] != v {
			return false
		}
	}
	return true
}

// alertmanagerYML sends every alert to the webhook, with the delays of the
// standalone example.
func alertmanagerYML(url string) string {
	return strings.ReplaceAll(`
route:
  receiver: hook
  group_by: [alertname, service, node]
  group_wait: 200ms
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: hook
    webhook_configs: [{url: "URL", send_resolved: true}]
`, "URL", url)
}
