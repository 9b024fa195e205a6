// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// ctl runs pharosctl.
func ctl(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

// folder puts files into a folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// gotify is a server that takes messages of the application "alices" alone.
func gotify(t *testing.T) (address string, bodies chan string) {
	t.Helper()
	bodies = make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
		if r.Header.Get("X-Gotify-Key") != "alices" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"Unauthorized","errorCode":401,"errorDescription":"you need to\u001b[31m provide a valid token"}`)
			return
		}
		_, _ = io.WriteString(w, `{"id":1}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, bodies
}

func TestBridgeTest(t *testing.T) {
	t.Parallel()
	address, bodies := gotify(t)
	dir := folder(t, map[string]string{
		"bridge.yml": "channels: [{name: push, gotify: {url: '" + address + "', tokens: [{name: alice, token: alices}, {name: bob, token: bobs}]}}," +
			" {name: down, gotify: {url: 'http://127.0.0.1:1', tokens: [{token: alices}]}}]",
		"statuspage.yml": "branding: {page_title: Example Status, page_url: 'https://status.example.com/'}",
	})

	code, stdout, stderr := ctl(t, "bridge", "test", "push", "--config.dir="+dir)
	require.Equal(t, 1, code, "one was not reached")
	require.Regexp(t, `^alice delivered in [0-9]\.[0-9]s\nbob refused: .*you need to \[31m provide a valid token.*\n$`, stdout)
	require.Empty(t, stderr)
	require.Regexp(t, regexp.MustCompile(`(?i)test`), <-bodies)
	<-bodies

	code, stdout, _ = ctl(t, "bridge", "test", "push", "--config.file="+filepath.Join(dir, "bridge.yml"), "--recipient=alice")
	require.Zero(t, code)
	require.Regexp(t, `^alice delivered in [0-9]\.[0-9]s\n$`, stdout)

	code, stdout, _ = ctl(t, "bridge", "test", "down", "--config.dir="+dir)
	require.Equal(t, 1, code)
	require.Regexp(t, `^gotify not delivered; the bridge would try again: .*connection refused\n$`, stdout)
}

func TestBridgeTestOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"bridge.yml": "channels: [{name: push, gotify: {url: 'http://127.0.0.1:1', tokens: [{name: alice, token: alices}]}}]"})
	file := filepath.Join(dir, "bridge.yml")
	for want, args := range map[string][]string{
		"pharosctl: " + file + " has no channel \"pull\"; it has push\n":                       {"pull", "--config.dir=" + dir},
		"pharosctl: channel push has no recipient \"bob\"; it has alice\n":                     {"push", "--config.dir=" + dir, "--recipient=bob"},
		"pharosctl: read configuration: open /nowhere/bridge.yml: no such file or directory\n": {"push", "--config.dir=/nowhere"},
	} {
		code, stdout, stderr := ctl(t, append([]string{"bridge", "test"}, args...)...)
		require.Equal(t, 1, code)
		require.Empty(t, stdout)
		require.Equal(t, want, stderr)
	}
	code, _, stderr := ctl(t, "bridge", "test")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "required argument 'channel' not provided")
}
