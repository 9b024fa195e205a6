// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/alerts"
)

func TestMarkedSilences(t *testing.T) {
	t.Parallel()
	const one = `{"id":"%s","createdBy":"%s","comment":"%s","matchers":[%s],"status":{"state":"%s"},"startsAt":"2026-05-01T10:00:00.123456789Z","endsAt":"2026-05-01T11:00:00Z"}`
	const web, node = `{"name":"service","value":"web","isRegex":false,"isEqual":true}`, `{"name":"node","value":"a|b","isRegex":true,"isEqual":true}`
	start := time.Date(2026, 5, 1, 10, 0, 0, 123456789, time.UTC)
	for name, c := range map[string]struct {
		silence string
		want    []alerts.Silence
	}{
		"ours":           {fmt.Sprintf(one, "1", "pharos", "Move. [pharos:m/1]", web, "active"), []alerts.Silence{{ID: "1", Mark: "m/1", Text: "Move.", Labels: map[string]string{"service": "web"}, Starts: start, Ends: start.Truncate(time.Hour).Add(time.Hour), Begun: true}}},
		"to come":        {fmt.Sprintf(one, "1", "pharos", "[pharos:m/]", web, "pending"), []alerts.Silence{{ID: "1", Mark: "m/", Labels: map[string]string{"service": "web"}, Starts: start, Ends: start.Truncate(time.Hour).Add(time.Hour)}}},
		"changed":        {fmt.Sprintf(one, "1", "pharos", "[pharos:m/]", web+","+node, "pending"), []alerts.Silence{{ID: "1", Mark: "m/", Starts: start, Ends: start.Truncate(time.Hour).Add(time.Hour)}}},
		"two marks":      {fmt.Sprintf(one, "1", "pharos", "A [pharos:m/0] [pharos:x/1]", web, "active"), nil},
		"over":           {fmt.Sprintf(one, "1", "pharos", "[pharos:m/1]", web, "expired"), nil},
		"other mark":     {fmt.Sprintf(one, "1", "pharos", "[pharos:n/1]", web, "active"), nil},
		"a person's":     {fmt.Sprintf(one, "1", "alice", "[pharos:m/1]", web, "active"), nil},
		"mark removed":   {fmt.Sprintf(one, "1", "pharos", "Mine now.", web, "active"), nil},
		"not at the end": {fmt.Sprintf(one, "1", "pharos", "[pharos:m/1] Mine now.", web, "active"), nil},
		"reminders":      {fmt.Sprintf(one, "1", "pharos", "Reminders are ignored.", `{"name":"notification","value":"reminder"}`, "active"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := client(t, &fakeAM{answer: func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "/alertmanager/api/v2/silences", r.URL.String()[len("http://pharos.local"):])
				fmt.Fprintf(w, "[%s]", c.silence)
			}}).Marked(t.Context(), "m/")
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestSetSilence(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 1, 10, 0, 0, 123456789, time.UTC)
	var got map[string]any
	c := client(t, &fakeAM{answer: func(_ http.ResponseWriter, r *http.Request) {
		require.Equal(t, http.MethodPost, r.Method)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(body, &got))
	}})
	require.NoError(t, c.SetSilence(t.Context(), alerts.Silence{
		ID: "7", Mark: "m/1", Text: "Move.", Labels: map[string]string{"service": `a"b`, "node": "ü"}, Starts: start, Ends: start.Add(time.Hour),
	}))
	require.Equal(t, map[string]any{
		"id": "7", "createdBy": "pharos", "comment": "Move. [pharos:m/1]",
		"startsAt": "2026-05-01T10:00:00.123456789Z", "endsAt": "2026-05-01T11:00:00.123456789Z",
		"matchers": []any{
			map[string]any{"name": "node", "value": "ü", "isRegex": false, "isEqual": true},
			map[string]any{"name": "service", "value": `a"b`, "isRegex": false, "isEqual": true},
		},
	}, got)
}

func TestActive(t *testing.T) {
	t.Parallel()
	c := client(t, &fakeAM{answer: func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "filter=service%21%3D%22%22&filter=replica%3D%22%22&filter=notification%21%3D%22reminder%22&silenced=false", r.URL.RawQuery)
		fmt.Fprint(w, `[
			{"labels":{"alertname":"B","service":"web"},"startsAt":"2026-05-01T12:00:00+01:00","status":{"state":"active","silencedBy":[],"inhibitedBy":[]}},
			{"labels":{"alertname":"A","service":"web","node":"api"},"startsAt":"2026-05-01T10:00:00Z","status":{"state":"suppressed","silencedBy":[],"inhibitedBy":["x"]}},
			{"labels":{"alertname":"C","service":"web"},"startsAt":"2026-05-01T09:00:00Z","status":{"state":"suppressed","silencedBy":["y"]}},
			{"labels":{"alertname":"D"},"startsAt":"2026-05-01T09:00:00Z","status":{"state":"active"}}]`)
	}})
	got, err := c.Active(t.Context())
	require.NoError(t, err)
	require.Equal(t, []alerts.Alert{
		{Labels: map[string]string{"alertname": "A", "service": "web", "node": "api"}, Starts: time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)},
		{Labels: map[string]string{"alertname": "B", "service": "web"}, Starts: time.Date(2026, 5, 1, 11, 0, 0, 0, time.UTC)},
	}, got)
}
