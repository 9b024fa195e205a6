// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRejectionsAreLogged(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, newReceiver(t).yml("webhook: {token: t0ken}"))
	run(t, b)
	var log bytes.Buffer
	b.o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	told := func(method, path, token, want string) {
		t.Helper()
		log.Reset()
		ask(b.Handler(), method, path, "{}", header("Authorization", "Bearer "+token), from("192.0.2.1:1234"))
		if want == "" {
			require.Empty(t, log.String())
			return
		}
		require.Contains(t, log.String(), "level=WARN")
		require.Contains(t, log.String(), want)
		require.Contains(t, log.String(), "remote_addr=192.0.2.1:1234")
		require.NotContains(t, log.String(), token)
	}
	told(http.MethodPost, "/bridge/v1/nope", "t0ken", `code=404 reason="there is no such channel in bridge.yml" channel=nope path=/bridge/v1/nope`)
	told(http.MethodPost, "/bridge/v1/nope", "t0ken", "")
	told(http.MethodPost, "/bridge/v1/hook", "wr0ng", `channel=hook`)
	told(http.MethodPost, "/bridge/v2/"+strings.Repeat("x", 5000), "t0ken", `reason="there is nothing at this path`)
	require.Less(t, log.Len(), 1000)
	told(http.MethodPost, "/bridge/v1/hook", "t0ken", "") // 400: the sender is at fault, and the metric tells
	told(http.MethodDelete, "/bridge/v1/dead-letters/1", "t0ken", "")
}

func TestRejectionsAreToldOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r rejections
		require.True(t, r.due("a", time.Now()))
		require.True(t, r.due("b", time.Now()), "each reason")
		time.Sleep(rejectionsEvery - time.Nanosecond)
		require.False(t, r.due("a", time.Now()))
		time.Sleep(time.Nanosecond)
		require.True(t, r.due("a", time.Now()))
	})
}
