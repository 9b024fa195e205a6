// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge"
	"github.com/pharos-status/pharos/internal/app"
)

// A deadBridge is a real bridge whose service refuses messages until told otherwise.
type deadBridge struct {
	t       *testing.T
	url     string
	good    atomic.Bool
	arrived chan struct{}
}

// newDeadBridge starts a bridge with a channel "hook", which demands a token if it is
// not empty, and has it give up so many messages.
func newDeadBridge(t *testing.T, token string, letters int) *deadBridge {
	t.Helper()
	d := &deadBridge{t: t, arrived: make(chan struct{}, 10)}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if d.good.Load() {
			d.arrived <- struct{}{}
			return
		}
		http.Error(w, "no such\troom", http.StatusNotFound)
	}))
	t.Cleanup(service.Close)
	dir := folder(t, map[string]string{"bridge.yml": fmt.Sprintf("webhook: {token: %q}\nchannels: [{name: hook, http: {url: %q}}]", token, service.URL)})
	b, err := bridge.New(bridge.Options{
		ConfigFile: filepath.Join(dir, "bridge.yml"), StoragePath: t.TempDir(),
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Registerer: prometheus.NewRegistry(),
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- app.Run(ctx, app.Part{Name: "bridge", Component: b}) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
	server := httptest.NewServer(b.Handler())
	t.Cleanup(server.Close)
	d.url = server.URL
	for i := range letters {
		d.post(token, i)
	}
	return d
}

// post has Alertmanager say something.
func (d *deadBridge) post(token string, i int) {
	d.t.Helper()
	body := fmt.Sprintf(`{"version":"4","groupKey":"g%d","status":"firing","receiver":"r","groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://a",`+
		`"alerts":[{"status":"firing","labels":{"alertname":"Disk%d"},"annotations":{},"startsAt":"2026-01-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"%016d"}]}`, i, i, i)
	require.Eventually(d.t, func() bool {
		req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+"/bridge/v1/hook", strings.NewReader(body))
		require.NoError(d.t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(d.t, err)
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(d.t, err)
		return resp.StatusCode == http.StatusOK
	}, 10*time.Second, 10*time.Millisecond, "the bridge does not run")
}

// list returns the dead letters once there are so many.
func (d *deadBridge) list(want int, args ...string) (all []bridge.DeadLetter) {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		code, stdout, stderr := ctl(d.t, append([]string{"bridge", "dead-letters", "list", "-o", "json", "--url=" + d.url}, args...)...)
		require.Zero(d.t, code, stderr)
		all = nil
		require.NoError(d.t, json.Unmarshal([]byte(stdout), &all), stdout)
		return len(all) == want
	}, 10*time.Second, 10*time.Millisecond)
	return all
}

func number(d bridge.DeadLetter) string { return strconv.FormatUint(d.ID, 10) }

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	d := newDeadBridge(t, "", 3)
	all := d.list(3)
	code, stdout, stderr := ctl(t, "bridge", "dead-letters", "--url="+d.url, "--channel=other")
	require.Equal(t, 1, code)
	require.Empty(t, stdout)
	require.Equal(t, "pharosctl: list dead letters: there is no such channel in bridge.yml\n", stderr)

	code, stdout, stderr = ctl(t, "bridge", "dead-letters", "--url="+d.url+"/", "--channel=hook")
	require.Zero(t, code, stderr)
	lines := strings.Split(stdout, "\n")
	require.Len(t, lines, 5)
	require.Regexp(t, `^ID +CHANNEL +RECIPIENT +ACCEPTED \(UTC\) +GIVEN UP \(UTC\) +ATTEMPTS +OUTCOME +TITLE +REASON$`, lines[0])
	require.Regexp(t, fmt.Sprintf(`^%d +hook +\S+ +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +1 +refused +.*Disk.*404.*$`, all[0].ID), lines[1])

	code, stdout, _ = ctl(t, "bridge", "dead-letters", "discard", "--url="+d.url, number(all[0]))
	require.Zero(t, code)
	require.Equal(t, fmt.Sprintf("%d discarded\n", all[0].ID), stdout)
	d.list(2)

	d.good.Store(true)
	code, stdout, stderr = ctl(t, "bridge", "dead-letters", "send", "--url="+d.url, number(all[0]), number(all[1]), number(all[1]))
	require.Equal(t, 1, code)
	require.Equal(t, fmt.Sprintf("%d sent again\n", all[1].ID), stdout)
	require.Equal(t, fmt.Sprintf("pharosctl: %d: there is no such dead letter\n", all[0].ID), stderr)
	<-d.arrived

	code, stdout, _ = ctl(t, "bridge", "dead-letters", "send", "--url="+d.url, "--all")
	require.Zero(t, code)
	require.Equal(t, fmt.Sprintf("%d sent again\n", all[2].ID), stdout)
	<-d.arrived
	code, stdout, _ = ctl(t, "bridge", "dead-letters", "discard", "--url="+d.url, "--all")
	require.Zero(t, code)
	require.Equal(t, "There are no dead letters.\n", stdout)
	_, stdout, _ = ctl(t, "bridge", "dead-letters", "list", "--url="+d.url)
	require.Equal(t, "There are no dead letters.\n", stdout)
}

// TestAllDeadLettersGoOldestFirst gives some up in another order than they were accepted in.
func TestAllDeadLettersGoOldestFirst(t *testing.T) {
	t.Parallel()
	accepted := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var sent []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			all := []bridge.DeadLetter{{ID: 2, Accepted: accepted.Add(time.Second)}, {ID: 7, Accepted: accepted}, {ID: 9, Accepted: accepted.Add(time.Second)}, {ID: 3, Accepted: accepted}}
			_ = json.NewEncoder(w).Encode(all)
			return
		}
		sent = append(sent, r.URL.Path)
		if r.URL.Path == idPath(7)+"/send" {
			_, _ = io.WriteString(w, `{"status": "overtaken"}`)
		}
	}))
	t.Cleanup(s.Close)
	code, stdout, stderr := ctl(t, "bridge", "dead-letters", "send", "--all", "--url="+s.URL)
	require.Zero(t, code, stderr)
	require.Equal(t, "3 sent again\n7 removed: it reminds of what is over, or there has been newer word since\n2 sent again\n9 sent again\n", stdout)
	require.Equal(t, []string{idPath(3) + "/send", idPath(7) + "/send", idPath(2) + "/send", idPath(9) + "/send"}, sent)
}

func TestDeadLettersOfABridgeWithAToken(t *testing.T) {
	t.Parallel()
	d := newDeadBridge(t, "hunter2", 1)
	dir := folder(t, map[string]string{"token": "hunter2\n", "wrong": "hunter3", "empty": "\n"})
	d.list(1, "--token-file="+filepath.Join(dir, "token"))

	for file, want := range map[string]string{
		"":      "; give webhook.token of bridge.yml by --token-file\n",
		"wrong": "; " + filepath.Join(dir, "wrong") + " has to hold webhook.token of bridge.yml\n",
		"empty": "read the token: " + filepath.Join(dir, "empty") + " is empty; write webhook.token of bridge.yml into it\n",
		"none":  "read the token: open " + filepath.Join(dir, "none") + ": no such file or directory\n",
	} {
		args := []string{"bridge", "dead-letters", "list", "--url=" + d.url}
		if file != "" {
			args = append(args, "--token-file="+filepath.Join(dir, file))
		}
		code, _, stderr := ctl(t, args...)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, want)
		require.NotContains(t, stderr, "hunter")
	}
}

func TestDeadLettersOfNoBridge(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	redirect := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	t.Cleanup(redirect.Close)
	text := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	t.Cleanup(text.Close)
	for address, want := range map[string]string{
		"http://127.0.0.1:1": "list dead letters: no bridge answers at http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused; start pharos_bridge, or name the operations listener of pharos, such as --url=http://127.0.0.1:9640",
		other.URL:            "list dead letters: there is no bridge at " + other.URL + ": it answers 404 Not Found; see --url",
		redirect.URL:         "list dead letters: there is no bridge at " + redirect.URL + ": it answers 302 Found; see --url",
		text.URL:             "list dead letters: " + text.URL + " answers otherwise than a bridge: invalid character '<' looking for beginning of value",
	} {
		code, _, stderr := ctl(t, "bridge", "dead-letters", "list", "--url="+address)
		require.Equal(t, 1, code)
		require.Equal(t, "pharosctl: "+want+"\n", stderr)
	}
	code, _, stderr := ctl(t, "bridge", "dead-letters", "send", "1", "2", "--url=http://127.0.0.1:1")
	require.Equal(t, 1, code)
	require.Equal(t, 1, strings.Count(stderr, "no bridge answers"), "it is not asked again")
}

func TestDeadLettersMisused(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"no message is named":                                               {"send"},
		"both --all and numbers are given":                                  {"discard", "--all", "1"},
		"--channel goes with --all":                                         {"send", "1", "--channel=a"},
		`--output is "xml"; it is one of table, json`:                       {"list", "-o", "xml"},
		`"localhost:9642" is no URL; write it as http://127.0.0.1:9642`:     {"list", "--url=localhost:9642"},
		`"one" is no number of a message; give the numbers that list shows`: {"send", "1", "one"},
	} {
		code, _, stderr := ctl(t, append([]string{"bridge", "dead-letters"}, args...)...)
		require.Equal(t, 2, code, want)
		require.Contains(t, stderr, want)
	}
}

func TestDeadLettersByTLS(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	certified := httptest.NewUnstartedServer(http.NotFoundHandler())
	certified.Config.ErrorLog = secure.Config.ErrorLog
	certified.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert} //nolint:gosec // of a test
	certified.StartTLS()
	t.Cleanup(certified.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	basic := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "Basic")
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	}))
	t.Cleanup(basic.Close)
	trusting := filepath.Join(folder(t, map[string]string{"client.yml": "tls_config: {insecure_skip_verify: true}"}), "client.yml")
	for _, c := range []struct {
		url, file, want string
	}{
		{secure.URL, "", "; name its authority, tls_config: {ca_file: FILE}, in the file of --http.config.file, and have --url say a name that its certificate has\n"},
		{"https" + strings.TrimPrefix(plain.URL, "http"), "", "; it has no TLS: begin --url with http\n"},
		{"http" + strings.TrimPrefix(secure.URL, "https"), "", "has TLS; begin --url with https\n"},
		{certified.URL, trusting, "; it refuses the connection: give a client certificate, tls_config: {cert_file: FILE, key_file: FILE}, in the file of --http.config.file\n"},
		{basic.URL, "", "demands a name and a password; give basic_auth: {username: NAME, password_file: FILE} in the file of --http.config.file\n"},
	} {
		args := []string{"bridge", "dead-letters", "list", "--url=" + c.url}
		if c.file != "" {
			args = append(args, "--http.config.file="+c.file)
		}
		code, _, stderr := ctl(t, args...)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, c.want)
	}
}
