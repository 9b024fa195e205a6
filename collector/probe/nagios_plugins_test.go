// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// plugin runs one of Debian's monitoring plugins.
func plugin(t *testing.T, name string, args ...string) probe.Result {
	t.Helper()
	path := filepath.Join("/usr/lib/nagios/plugins", name)
	if _, err := os.Stat(path); err != nil {
		testkit.Skip(t, "the monitoring plugin "+name+" is not installed")
	}
	return runScript(t, probe.ScriptOptions{Argv: append([]string{path}, args...)}, "")
}

// requireFigures checks the figures' labels and units, in order, and that each
// value is between 0 and the given one.
func requireFigures(t *testing.T, r probe.Result, want ...probe.Perfdatum) {
	t.Helper()
	require.Len(t, r.Perfdata, len(want), "%v", r.Perfdata)
	for i, d := range r.Perfdata {
		require.Equal(t, want[i].Label, d.Label)
		require.Equal(t, want[i].Unit, d.Unit)
		require.GreaterOrEqual(t, d.Value, 0.0, d.Label)
		require.LessOrEqual(t, d.Value, want[i].Value, d.Label)
	}
	for _, e := range r.Events {
		require.NotContains(t, e.What, "left out", e.Detail)
	}
}

func TestPluginsOfTheMachine(t *testing.T) {
	t.Parallel()
	many := math.MaxFloat64
	tests := map[string]struct {
		args    []string
		words   string
		figures []probe.Perfdatum
	}{
		"check_load": {
			[]string{"-w", "1000", "-c", "2000"},
			"OK",
			[]probe.Perfdatum{{"load1", "", 1000}, {"load5", "", 1000}, {"load15", "", 1000}},
		},
		"check_disk":  {[]string{"-w", "1", "-c", "1", "-p", "/"}, "DISK OK", []probe.Perfdatum{{"/", "bytes", many}}},
		"check_procs": {[]string{"-w", "100000"}, "PROCS OK", []probe.Perfdatum{{"procs", "", 100_000}}},
		"check_users": {[]string{"-w", "1000", "-c", "1000"}, "USERS OK", []probe.Perfdatum{{"users", "", 1000}}},
		"check_ping": {
			[]string{"-H", "127.0.0.1", "-w", "9000,90%", "-c", "9000,90%", "-p", "1"},
			"PING OK",
			[]probe.Perfdatum{{"rta", "seconds", 9}, {"pl", "ratio", 0.9}},
		},
		"check_file_age": {
			[]string{"-w", "999999999", "-c", "999999999", "-f", "/etc/passwd"},
			"FILE_AGE OK",
			[]probe.Perfdatum{{"age", "seconds", many}, {"size", "bytes", many}},
		},
		"check_swap": {[]string{"-w", "2%", "-c", "1%", "-n", "ok"}, "SWAP OK", []probe.Perfdatum{{"swap", "bytes", many}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := plugin(t, name, test.args...)
			require.NoError(t, r.Err)
			require.Contains(t, r.Note, test.words)
			require.NotContains(t, r.Note, "|")
			requireFigures(t, r, test.figures...)
		})
	}
}

func TestPluginDummy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status status.Status
		detail string
	}{
		"0": {status.Healthy, "OK: said so"},
		"1": {status.Sick, "exit status 1: WARNING: said so"},
		"2": {status.Dead, "exit status 2: CRITICAL: said so"},
		"3": {status.Unknown, "exit status 3: UNKNOWN: said so"},
	}
	for code, want := range tests {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			v := probe.Limits{}.Judge(plugin(t, "check_dummy", code, "said so"))
			require.Equal(t, want.status, v.Status)
			require.Equal(t, want.detail, v.Detail)
		})
	}
}

func TestPluginsOverTheNetwork(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	t.Cleanup(server.Close)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(broken.Close)

	t.Run("check_tcp", func(t *testing.T) {
		t.Parallel()
		r := plugin(t, "check_tcp", at(t, server)...)
		require.NoError(t, r.Err)
		require.Contains(t, r.Note, "TCP OK")
		requireFigures(t, r, probe.Perfdatum{Label: "time", Unit: "seconds", Value: patience.Seconds()})
	})
	t.Run("check_http", func(t *testing.T) {
		t.Parallel()
		r := plugin(t, "check_http", at(t, server)...)
		require.NoError(t, r.Err)
		require.Contains(t, r.Note, "HTTP OK: HTTP/1.1 200 OK")
		requireFigures(t, r, probe.Perfdatum{Label: "time", Unit: "seconds", Value: patience.Seconds()},
			probe.Perfdatum{Label: "size", Unit: "bytes", Value: 1 << 10})
	})
	t.Run("check_http of a broken server", func(t *testing.T) {
		t.Parallel()
		r := plugin(t, "check_http", at(t, broken)...)
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Exit, "exit status 2: HTTP CRITICAL: HTTP/1.1 502 Bad Gateway")
		require.Len(t, r.Perfdata, 2)
	})
	t.Run("check_tcp where nobody listens", func(t *testing.T) {
		t.Parallel()
		host, port, err := net.SplitHostPort(refused)
		require.NoError(t, err)
		r := plugin(t, "check_tcp", "-H", host, "-p", port)
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Exit, "onnection refused")
		require.Empty(t, r.Perfdata)
	})
}

// at returns the arguments that name a server.
func at(t *testing.T, server *httptest.Server) []string {
	t.Helper()
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	return []string{"-H", u.Hostname(), "-p", u.Port()}
}
