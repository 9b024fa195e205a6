// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/internal/testkit"
)

// TestAlertmanager lets the Alertmanager of the machine tell of an outage and of its
// end, and reads what it sends.
func TestAlertmanager(t *testing.T) {
	t.Parallel()
	program := testkit.Program(t, "prometheus-alertmanager")
	bodies := make(chan []byte, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		bodies <- body
	}))
	t.Cleanup(receiver.Close)
	address := startAlertmanager(t, program, receiver.URL)

	now := time.Now().UTC()
	told := []map[string]any{
		alert("PharosServiceDead", "critical", now, map[string]string{"service": "web"}),
		alert("PharosReplicaDead", "warning", now, map[string]string{"service": "web", "node": "api", "replica": "tcp://10.0.0.1:80"}),
		alert("PharosReplicaDead", "warning", now, map[string]string{"service": "web", "node": "api", "replica": "\u202etcp://10.0.0.2:80\n<b>"}),
	}
	tell(t, address, told)
	n := next(t, bodies)
	require.True(t, n.Firing())
	require.Equal(t, "critical", n.Severity())
	require.Equal(t, []string{"web"}, n.Services())
	require.Equal(t, []string{"web:api:tcp://10.0.0.1:80", "web:api:tcp://10.0.0.2:80 <b>"}, n.Dead())
	require.WithinDuration(t, now, webhook.Began(n.Alerts[0]), time.Second)
	require.Equal(t, []string{`group/{}:{service="web"}`}, n.Voids())
	require.Empty(t, n.VoidsAll())

	for _, a := range told {
		a["endsAt"] = time.Now().UTC().Format(time.RFC3339Nano)
	}
	tell(t, address, told)
	n = next(t, bodies)
	require.False(t, n.Firing())
	require.Len(t, n.Alerts.Resolved(), 3)
	require.Equal(t, []string{"service/web"}, n.VoidsAll())
}

// alert returns an alert as Alertmanager's API takes it.
func alert(name, severity string, since time.Time, labels map[string]string) map[string]any {
	labels["alertname"], labels["severity"], labels["notification"] = name, severity, "change"
	return map[string]any{
		"labels": labels, "annotations": map[string]string{"summary": "Something is dead.", "description": "One line.\nAnother."},
		"startsAt": since.Format(time.RFC3339Nano), "generatorURL": "http://prometheus.example.com/graph",
	}
}

// startAlertmanager starts it with one receiver, and returns its address.
func startAlertmanager(t *testing.T, program, receiver string) string {
	t.Helper()
	folder, address := t.TempDir(), testkit.FreePort(t)
	config := `
route: {receiver: bridge, group_by: [service], group_wait: 200ms, group_interval: 200ms}
receivers: [{name: bridge, webhook_configs: [{url: "` + receiver + `", send_resolved: true}]}]
`
	file := filepath.Join(folder, "alertmanager.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	command := exec.CommandContext(t.Context(), program, "--config.file="+file, "--storage.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+address, "--cluster.listen-address=")
	log := &bytes.Buffer{}
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/-/ready", http.NoBody)
		if err != nil {
			return false
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond)
	return address
}

func tell(t *testing.T, address string, alerts []map[string]any) {
	t.Helper()
	body, err := json.Marshal(alerts)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/api/v2/alerts", bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(text))
}

func next(t *testing.T, bodies <-chan []byte) *webhook.Notification {
	t.Helper()
	select {
	case body := <-bodies:
		n, err := webhook.Parse(body)
		require.NoError(t, err, strings.ToValidUTF8(string(body), "?"))
		return n
	case <-time.After(30 * time.Second):
		require.Fail(t, "Alertmanager has told nothing")
		return nil
	}
}
