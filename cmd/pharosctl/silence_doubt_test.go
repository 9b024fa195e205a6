// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSilencesOfWhatThereIsNotAreDoubted(t *testing.T) {
	t.Parallel()
	page := newPublicFake(t, "mixed", "")
	var broken atomic.Bool
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"silenceID": "a"}`
		if r.Method == http.MethodGet {
			answer = "[]"
			if strings.Contains(r.URL.Query().Get("filter"), "hidden") {
				answer = "[{}]"
			}
			if broken.Load() {
				answer = "no"
			}
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(manager.Close)
	doubts := func(pageURL string, components ...string) string {
		var stdout, stderr bytes.Buffer
		c := &silenceCmd{
			client: client{url: manager.URL}, page: client{peer: publicPeer(), url: pageURL},
			components: components, lasts: time.Hour, comment: "x", stdout: &stdout, stderr: &stderr,
		}
		require.NoError(t, c.add(t.Context()))
		require.Equal(t, len(components), strings.Count(stdout.String(), " silences "))
		return stderr.String()
	}
	require.Empty(t, doubts(page.URL, "web", "web/core", "hidden", "hidden/node"))
	const begins = `warning: no alert is about `
	shows := ", and the status page at " + page.URL + " shows no such component; "
	require.Equal(t, begins+`"wide/nope"`+shows+"pharosctl status lists what there is\n", doubts(page.URL, "web", "wide/nope"))
	require.Equal(t, begins+`"web/cor"`+shows+"did you mean \"web/core\"?\n", doubts(page.URL, "web/cor"))
	require.Equal(t, begins+`"Web nodes"`+shows+"did you mean \"web\"?\n"+begins+`"Web nodes/Core servers"`+shows+"did you mean \"web/core\"?\n",
		doubts(page.URL, "Web nodes", "Web nodes/Core servers"))
	require.Empty(t, doubts("http://127.0.0.1:1", "wide/nope"), "nobody knows what there is")
	require.Empty(t, doubts(manager.URL, "wide/nope"), "that is no page")
	broken.Store(true)
	require.Empty(t, doubts(page.URL, "wide/nope"), "Alertmanager does not say")
}
