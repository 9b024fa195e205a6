// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A program answers /probe in a process of its own.
type program struct {
	url string
	pid int
}

// peer starts blackbox_exporter as Debian has it, 0.23.
func peer(t testing.TB, file string) program {
	t.Helper()
	address := testkit.FreePort(t)
	path := testkit.Program(t, "prometheus-blackbox-exporter")
	return start(t, address, exec.CommandContext(t.Context(), path, "--config.file="+file, "--web.listen-address="+address, "--log.level=error"))
}

// own starts this test program again, which then serves a Handler.
func own(t testing.TB, file string) program {
	t.Helper()
	address := testkit.FreePort(t)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), serveEnv+"="+address, modulesEnv+"="+file)
	return start(t, address, cmd)
}

func start(t testing.TB, address string, cmd *exec.Cmd) program {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), said.Bytes())
		}
	})
	p := program{"http://" + address, cmd.Process.Pid}
	for range 200 {
		if conn, err := http.Get(p.url + "/"); err == nil {
			_ = conn.Body.Close()
			return p
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Fatalf("%s does not listen", cmd.Path)
	return p
}

// ask returns the metrics of a probe.
func (p program) ask(t testing.TB, parameters ...string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/probe?"+query(parameters...), nil)
	require.NoError(t, err)
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "5")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", text)
	return text
}

// modulesFile writes modules as a file, and returns its path.
func modulesFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blackbox.yml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
