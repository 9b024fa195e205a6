// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"github.com/pharos-status/pharos/internal/testkit"
)

// peak returns the most resident memory that a process has had, in MB.
func peak(t testing.TB, p *program) float64 {
	t.Helper()
	proc, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	status, err := proc.NewStatus()
	if err != nil {
		t.Fatal(err)
	}
	return float64(status.VmHWM) / 1e6
}

// TestBridgeMemory measures the memory of the bridge: idle, and while more notifications
// come than its channel may send.
func TestBridgeMemory(t *testing.T) {
	t.Parallel()
	const idle, flooded = 25, 100 // MB
	to := newListener(t)
	begin := func(t *testing.T, delivery string) (*program, string) {
		t.Helper()
		return startBridge(t, t.TempDir(), t.TempDir(), testkit.FreePort(t), "url: "+to.URL, delivery)
	}
	limit := func(t *testing.T, p *program, most float64) {
		t.Helper()
		now, highest := resident(t, p), peak(t, p)
		t.Logf("%.1f MB, and %.1f MB at most", now, highest)
		if highest > most {
			t.Errorf("the bridge takes %.1f MB, more than %v", highest, most)
		}
		p.stop(t)
	}
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		p, url := begin(t, "")
		for range 5 { // scrapes
			time.Sleep(time.Second)
			mustGet(t, url+"/metrics")
			mustGet(t, url+"/")
		}
		limit(t, p, idle)
	})
	t.Run("10,000 notifications", func(t *testing.T) {
		t.Parallel()
		p, url := begin(t, "per_minute: 60")
		began := time.Now()
		var posters sync.WaitGroup
		for g := range 50 {
			posters.Go(func() {
				for seq := range 200 {
					postUntil(t, url+"/bridge/v1/hook", notice{fmt.Sprint("flood-", g), seq}.body())
				}
			})
		}
		posters.Wait()
		took := time.Since(began)
		t.Logf("accepted within %v", took)
		if took > time.Minute {
			t.Error("more than a minute")
		}
		mustGet(t, url+"/metrics")
		limit(t, p, flooded)
		to.mu.Lock()
		defer to.mu.Unlock()
		arrived := 0
		for _, a := range to.arrivals {
			if strings.HasPrefix(a.Group, "flood-") {
				arrived++
			}
		}
		if most := 10 + int(time.Since(began).Seconds()) + 1; arrived == 0 || arrived > most {
			t.Errorf("%d were sent, want some and at most %d", arrived, most)
		}
	})
	t.Run("10,000 alerts in one notification", func(t *testing.T) {
		t.Parallel()
		p, url := begin(t, "")
		postUntil(t, url+"/bridge/v1/hook", crowded(10_000))
		shows(t, url+"/metrics", `pharos_bridge_notifications_total{channel="hook",outcome="delivered"} 1`)
		limit(t, p, flooded)
	})
}

// crowded returns a notification of so many alerts.
func crowded(alerts int) string {
	all := make([]string, alerts)
	for i := range all {
		all[i] = fmt.Sprintf(`{"status":"firing","labels":{"alertname":"PharosReplicaDead","service":"apps","node":"workers","replica":"tcp://worker-%d.example.com:8080","severity":"critical","seq":"%d"},`+
			`"annotations":{"summary":"A replica of Workers is dead"},"startsAt":"2026-01-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"%016x"}`, i, i, i)
	}
	return `{"version":"4","groupKey":"crowd","truncatedAlerts":0,"status":"firing","receiver":"hook","groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"","alerts":[` +
		strings.Join(all, ",") + "]}"
}
