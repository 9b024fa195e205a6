// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Alertmanager starts the one of the machine, which tells nobody, and returns its
// address, which has a path. It ends with the test.
func Alertmanager(t testing.TB) string {
	t.Helper()
	program := Program(t, "prometheus-alertmanager")
	folder := t.TempDir()
	config := filepath.Join(folder, "alertmanager.yml")
	if err := os.WriteFile(config, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := FreePort(t)
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.path="+folder,
		"--web.listen-address="+address, "--web.route-prefix=/prefix", "--cluster.listen-address=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	url := "http://" + address + "/prefix"
	patience, again := time.NewTimer(time.Minute), time.NewTicker(20*time.Millisecond)
	defer patience.Stop()
	defer again.Stop()
	for {
		if resp, err := http.Get(url + "/-/ready"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return url
			}
		}
		select {
		case <-again.C:
		case <-patience.C:
			t.Fatal("Alertmanager does not answer")
		}
	}
}
