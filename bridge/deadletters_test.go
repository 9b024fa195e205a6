// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/schema"
)

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	to.answers(http.StatusForbidden)
	b, _ := newBridge(t, to.yml(""))
	run(t, b)
	list := func(query string) (all []DeadLetter) {
		w := ask(b.Handler(), http.MethodGet, "/bridge/v1/dead-letters"+query, "")
		require.Equal(t, http.StatusOK, w.Code)
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
		require.NotNil(t, all, "a list, be it empty")
		return all
	}
	require.Empty(t, list(""))
	require.Empty(t, list("?channel=hook"))
	before := time.Now().Add(-time.Second)
	for _, group := range []string{"a", "b"} {
		require.Equal(t, http.StatusOK, post(b, notification(group)).Code)
	}
	require.Eventually(t, func() bool { return len(list("")) == 2 }, waitAtMost, waitEvery)

	letters := list("?channel=hook")
	require.Len(t, letters, 2)
	require.Equal(t, http.StatusNotFound, ask(b.Handler(), http.MethodGet, "/bridge/v1/dead-letters?channel=other", "").Code)
	first := letters[1]
	require.Equal(t, "hook", first.Channel)
	require.Equal(t, schema.OutcomeRefused, first.Outcome)
	require.Equal(t, 1, first.Attempts)
	require.Contains(t, first.Reason, "403")
	require.NotContains(t, first.Reason, "secret-path")
	require.NotEmpty(t, first.Title)
	require.WithinRange(t, first.Accepted, before, first.Died.Add(time.Millisecond))
	require.Contains(t, ask(b.Ops(), http.MethodGet, "/", "").Body.String(), `<span class="badge dead">2</span>`)

	to.answers(http.StatusOK)
	path := func(d DeadLetter) string { return fmt.Sprintf("/bridge/v1/dead-letters/%d", d.ID) }
	require.Equal(t, http.StatusAccepted, ask(b.Handler(), http.MethodPost, path(first)+"/send", "").Code)
	require.Equal(t, http.StatusNotFound, ask(b.Handler(), http.MethodPost, path(first)+"/send", "").Code)
	require.Eventually(t, func() bool { return len(to.got()) == 1 }, waitAtMost, waitEvery)
	require.Equal(t, []string{"a"}, to.got())

	require.Equal(t, http.StatusNoContent, ask(b.Handler(), http.MethodDelete, path(letters[0]), "").Code)
	require.Empty(t, list(""))
	require.Equal(t, http.StatusNotFound, ask(b.Handler(), http.MethodDelete, path(letters[0]), "").Code)
}

// TestDeadLettersThatReachNobody takes their recipient away, then their channel, and
// gives both back.
func TestDeadLettersThatReachNobody(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	to.answers(http.StatusForbidden)
	reload := func(b *Bridge, folder, recipient string) {
		text := "channels: []"
		if recipient != "" {
			text = fmt.Sprintf("channels: [{name: hook, gotify: {url: %q, tokens: [{name: %s, token: t}]}}]", to.URL, recipient)
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, "bridge.yml"), []byte(text), 0o600))
		require.NoError(t, b.Reload())
	}
	b, folder := newBridge(t, "")
	run(t, b)
	reload(b, folder, "alice")
	require.Equal(t, http.StatusOK, post(b, notification("a")).Code)
	require.Eventually(t, func() bool { return len(b.spool.DeadLetters("hook")) == 1 }, waitAtMost, waitEvery)
	letter := b.spool.DeadLetters("hook")[0]
	send := fmt.Sprintf("/bridge/v1/dead-letters/%d/send", letter.ID)

	for recipient, want := range map[string]string{"": `no channel \"hook\" any more`, "bob": `no recipient \"alice\" any more`} {
		reload(b, folder, recipient)
		w := ask(b.Handler(), http.MethodPost, send, "")
		require.Equal(t, http.StatusConflict, w.Code)
		require.Contains(t, w.Body.String(), want)
		require.Len(t, b.spool.DeadLetters("hook"), 1, "it stays where it is")
	}
	reload(b, folder, "alice")
	require.Equal(t, http.StatusAccepted, ask(b.Handler(), http.MethodPost, send, "").Code)
}

func TestTitleOfLargeDeadLetter(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	to.answers(http.StatusForbidden)
	b, _ := newBridge(t, to.yml(""))
	run(t, b)
	require.Equal(t, http.StatusOK, post(b, crowded("a", 1<<20)).Code)
	require.Eventually(t, func() bool { return len(b.spool.DeadLetters("hook")) == 1 }, waitAtMost, waitEvery)
	require.Regexp(t, `"title":"A notification of 0\.\d MiB"`, ask(b.Handler(), http.MethodGet, "/bridge/v1/dead-letters", "").Body.String())
}

// TestALetterThatWasOvertaken sends a reminder again after its group has had newer word.
func TestALetterThatWasOvertaken(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	to.answers(http.StatusForbidden)
	b, _ := newBridge(t, to.yml(""))
	run(t, b)
	reminder := strings.NewReplacer(`"severity": "critical"`, `"severity": "critical", "notification": "reminder", "reminder": "1"`, "0123456789abcdef", "fedcba9876543210").Replace(notification("a"))
	require.Equal(t, http.StatusOK, post(b, reminder).Code)
	require.Eventually(t, func() bool { return len(b.spool.DeadLetters("hook")) == 1 }, waitAtMost, waitEvery)
	letter := b.spool.DeadLetters("hook")[0]
	to.answers(http.StatusOK)
	require.Equal(t, http.StatusOK, post(b, notification("a")).Code)
	require.Eventually(t, func() bool { return len(to.got()) == 1 }, waitAtMost, waitEvery)

	w := ask(b.Handler(), http.MethodPost, fmt.Sprintf("/bridge/v1/dead-letters/%d/send", letter.ID), "")

	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"status": "overtaken"}`, w.Body.String())
	require.Empty(t, b.spool.DeadLetters("hook"))
	require.Contains(t, ask(b.Ops(), http.MethodGet, "/metrics", "").Body.String(), `pharos_bridge_notifications_total{channel="hook",outcome="overtaken"} 1`)
	require.Len(t, to.got(), 1)
}
