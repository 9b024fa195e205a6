// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	phrases "github.com/pharos-status/pharos/bridge/words"
)

const brokenNotification = `{"version": "4", "groupKey": "{}:{}", "status": "firing", "receiver": "terminal", "alerts": [{"status": "firing",
	"labels": {"alertname": "Broken", "service": "web", "severity": "critical"}, "annotations": {"summary": "It is \u001b[31mbroken."},
	"startsAt": "2026-11-21T20:00:00Z"}]}`

// TestListen posts what Alertmanager does, and other things, and reads what is printed.
func TestListen(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	words, err := phrases.New(phrases.Options{Logger: log})
	require.NoError(t, err)
	var out bytes.Buffer
	l := &listener{log: log, words: words, out: &out}
	for _, tc := range []struct {
		method, body string
		code         int
	}{
		{http.MethodGet, "", http.StatusMethodNotAllowed},
		{http.MethodPost, "{}", http.StatusBadRequest},
		{http.MethodPost, strings.Repeat(" ", maxNotification+1), http.StatusRequestEntityTooLarge},
		{http.MethodPost, brokenNotification, http.StatusOK},
	} {
		answer := httptest.NewRecorder()
		l.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), tc.method, "/", strings.NewReader(tc.body)))
		require.Equal(t, tc.code, answer.Code, answer.Body)
	}
	require.Contains(t, out.String(), "web: ")
	require.Contains(t, out.String(), "It is [31mbroken since 20:00")
	require.NotContains(t, out.String(), "\x1b", "a text moves no cursor")
}

func TestListenStartsAndEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	var out, errs bytes.Buffer
	require.Equal(t, 0, run(ctx, []string{"listen", "--listen-address=127.0.0.1:0"}, &out, &errs), errs.String())
	require.Contains(t, out.String(), "Alertmanager may post to http://127.0.0.1:")

	code, _, stderr := ctl(t, "listen", "--listen-address=256.0.0.1:0")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--listen-address")
}
