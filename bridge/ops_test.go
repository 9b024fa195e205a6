// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/channel"
	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/bridge/spool"
	"github.com/pharos-status/pharos/internal/testkit"
)

func TestOps(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	b, _ := newBridge(t, to.yml("webhook: {token: t0ken}"))
	ops := b.Ops()
	w := ask(ops, http.MethodGet, "/-/ready", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "The bridge is not ready: it is starting or ending.\n", w.Body.String())
	require.Contains(t, ask(ops, http.MethodGet, "/", "").Body.String(), "not ready</span> it is starting or ending")

	run(t, b)
	for path, want := range map[string]string{
		"/":             `href="metrics">Metrics`,
		"/bridge/":      `href="../metrics">Metrics`,
		"/-/ready":      "The bridge is ready.\n",
		"/-/healthy":    "The bridge is healthy.\n",
		"/metrics":      "pharos_bridge_storage_ok 1\n",
		"/config":       "token: <secret>\n",
		"/debug/pprof/": "goroutine",
	} {
		w := ask(ops, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Contains(t, w.Body.String(), want, path)
		require.NotContains(t, w.Body.String(), "t0ken", path)
		require.NotContains(t, w.Body.String(), "secret-path", path)
	}
	for _, path := range []string{"/", "/bridge/"} {
		w := ask(ops, http.MethodGet, path, "")
		require.Contains(t, w.Body.String(), "<code>hook</code>")
		require.NotContains(t, w.Body.String(), `v1/dead-letters"`, "a browser shows no token")
	}
	require.Equal(t, http.StatusOK, ask(ops, http.MethodPost, "/-/reload", "").Code)
	require.Equal(t, http.StatusForbidden, ask(ops, http.MethodPost, "/-/reload", "", header("Sec-Fetch-Site", "cross-site")).Code)
	require.Equal(t, http.StatusNotFound, ask(ops, http.MethodPost, "/bridge/v1/hook", notification("a")).Code)
	require.Equal(t, http.StatusNotFound, ask(b.Handler(), http.MethodGet, "/metrics", "").Code)
}

func TestLanding(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &settings{
		config:     &config.Config{Channels: []config.Channel{{Name: "oncall", Twilio: &channel.Twilio{}}, {Name: "<b>", HTTP: &channel.HTTP{}}}},
		recipients: map[string][]string{"oncall": {"+41790000001", "+41790000002"}},
	}
	page, err := newLanding(s, map[string]spool.Figure{
		"oncall": {Waiting: 3, Oldest: now.Add(-90 * time.Second), DeadLetters: 1},
		"gone":   {DeadLetters: 1},
	}, now).render()
	require.NoError(t, err)
	testkit.Golden(t, "landing.html", page)
	require.NotContains(t, string(page), "+4179", "recipients are not shown")
	require.NotContains(t, string(page), "<b>")

	page, err = newLanding(&settings{config: &config.Config{}}, nil, now).render()
	require.NoError(t, err)
	require.Contains(t, string(page), "There are no channels yet")
}
