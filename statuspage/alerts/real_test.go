// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	commonconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage/alerts"
)

// TestRealAlertmanager runs the client against the Alertmanager of the machine.
func TestRealAlertmanager(t *testing.T) {
	t.Parallel()
	url := startAlertmanager(t)
	c, err := alerts.New(alerts.Options{URL: url + "/prefix/", HTTP: commonconfig.DefaultHTTPClientConfig})
	require.NoError(t, err)
	t.Cleanup(c.Close)

	left := func() time.Duration {
		t.Helper()
		d, err := c.Ignored(t.Context())
		require.NoError(t, err)
		return d
	}
	require.Zero(t, left())
	require.NoError(t, c.Ignore(t.Context(), time.Hour))
	require.InDelta(t, time.Hour, left(), float64(time.Minute))
	require.NoError(t, c.Ignore(t.Context(), 10*time.Minute))
	require.InDelta(t, 10*time.Minute, left(), float64(time.Minute), "shorter")
	require.NoError(t, c.Ignore(t.Context(), 20*time.Minute))
	require.InDelta(t, 20*time.Minute, left(), float64(time.Minute), "longer")
	require.NoError(t, c.Unignore(t.Context()))
	require.Zero(t, left())
	require.NoError(t, c.Unignore(t.Context()), "again")
	require.NoError(t, c.Ignore(t.Context(), time.Minute))
	require.InDelta(t, time.Minute, left(), float64(10*time.Second))
	require.NoError(t, c.Unignore(t.Context()))
	require.Zero(t, left())
}

// startAlertmanager returns the address of one that ends with the test.
func startAlertmanager(t *testing.T) string {
	t.Helper()
	program := testkit.Program(t, "prometheus-alertmanager")
	folder := t.TempDir()
	config := filepath.Join(folder, "alertmanager.yml")
	require.NoError(t, os.WriteFile(config, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600))
	address := testkit.FreePort(t)
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.path="+folder,
		"--web.listen-address="+address, "--web.route-prefix=/prefix", "--cluster.listen-address=")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	url := "http://" + address
	require.Eventually(t, func() bool {
		resp, err := http.Get(url + "/prefix/-/ready")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond, "Alertmanager is not ready")
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return url
}
