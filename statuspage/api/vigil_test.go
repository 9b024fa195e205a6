// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/desk"
)

func TestVigilsAnnouncements(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, slash := range []string{"", "/"} {
		code, body := e.call(http.MethodGet, "/manager/announcements"+slash, "")
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, "[]", body)

		w := e.do(request(http.MethodPost, "/manager/announcement"+slash, `{"title":"Work \"tonight\"","text":"Ünder way"}`))
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		all, err := e.desk.Announcements(t.Context())
		require.NoError(t, err)
		require.Equal(t, "Ünder way", all[0].Text)
		require.Equal(t, `{"id":"`+all[0].ID+`"}`, w.Body.String())

		_, body = e.call(http.MethodGet, "/manager/announcements"+slash, "")
		require.Equal(t, `[{"id":"`+all[0].ID+`","title":"Work \"tonight\""}]`, body)

		code, body = e.call(http.MethodDelete, "/manager/announcement/"+all[0].ID+slash, "")
		require.Equal(t, http.StatusOK, code)
		require.Empty(t, body)
		code, body = e.call(http.MethodDelete, "/manager/announcement/"+all[0].ID+slash, "")
		require.Equal(t, http.StatusNotFound, code)
		require.Equal(t, "no such announcement; GET /manager/announcements/ lists them\n", body)
	}
	require.Equal(t, 4, e.changed, "twice announced, twice retracted")
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	_, body := e.call(http.MethodGet, "/manager/prober/alerts/", "")
	require.Equal(t, `{"dead":[],"sick":[]}`, body)

	api := status.NodeID{Service: "web", Node: "api"}
	e.reading.Replicas = map[status.ID]statuspage.ReplicaReading{
		api.Replica("tcp://b:80"):                  {Status: status.Dead},
		api.Replica("tcp://a:80"):                  {Status: status.Dead},
		api.Replica("ok"):                          {Status: status.Healthy},
		api.Replica("who knows"):                   {Status: status.Unknown},
		{Service: "db", Node: "one", Replica: "1"}: {Status: status.Sick},
	}
	_, body = e.call(http.MethodGet, "/manager/prober/alerts", "")
	require.Equal(t, `{"dead":[{"probe":"web","node":"api","replica":"tcp://a:80"},{"probe":"web","node":"api","replica":"tcp://b:80"}],`+
		`"sick":[{"probe":"db","node":"one","replica":"1"}]}`, body)

	for _, stale := range []statuspage.Reading{{}, {At: time.Now()}, {At: time.Now(), Newest: time.Now().Add(-time.Hour)}} {
		e.reading = stale
		code, body := e.call(http.MethodGet, "/manager/prober/alerts", "")
		require.Equal(t, http.StatusServiceUnavailable, code)
		require.Equal(t, "the status is unknown: Prometheus does not answer, or has no fresh data\n", body)
	}
}

func TestIgnoredReminders(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	const path = "/manager/prober/alerts/ignored/"
	_, body := e.call(http.MethodGet, path, "")
	require.Equal(t, `{"reminders_seconds":null}`, body)

	code, body := e.call(http.MethodPut, path, `{"reminders_seconds": 600}`)
	require.Equal(t, http.StatusOK, code)
	require.Empty(t, body)
	require.Equal(t, 10*time.Minute, e.ignored)
	e.ignored -= time.Millisecond
	_, body = e.call(http.MethodGet, "/manager/prober/alerts/ignored", "")
	require.Equal(t, `{"reminders_seconds":600}`, body, "rounded up")

	for _, end := range []string{`{"reminders_seconds": null}`, `{"reminders_seconds": 0}`, `{}`} {
		e.ignored = time.Hour
		code, _ = e.call(http.MethodPut, path, end)
		require.Equal(t, http.StatusOK, code)
		require.Zero(t, e.ignored)
	}
	for bad, want := range map[string]string{
		`{"reminders_seconds": -1}`:       "reminders_seconds is -1; it can be from 0 to 31536000, or null\n",
		`{"reminders_seconds": 31536001}`: "reminders_seconds is 31536001; it can be from 0 to 31536000, or null\n",
	} {
		code, body = e.call(http.MethodPut, path, bad)
		require.Equal(t, http.StatusBadRequest, code)
		require.Equal(t, want, body)
	}
	require.Zero(t, e.ignored)
}

func TestAlertmanagerDown(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.down = errors.New("dial 10.0.0.1:9093: connection refused")
	for method, body := range map[string]string{http.MethodGet: "", http.MethodPut: `{"reminders_seconds": 1}`} {
		code, answer := e.call(method, "/manager/prober/alerts/ignored/", body)
		require.Equal(t, http.StatusBadGateway, code)
		require.Equal(t, "Alertmanager did not take the call; the log of the status page says why\n", answer)
	}
	require.Contains(t, e.log.String(), "connection refused")
}

func TestVigilsBadRequests(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	const announcement = "/manager/announcement/"
	cases := map[string]struct {
		method, path, body string
		code               int
		want               string
	}{
		"no such path": {http.MethodGet, "/manager/x", "", http.StatusNotFound, "no such path below /manager/; there are announcements, announcement, announcement/ID, prober/alerts and prober/alerts/ignored\n"},
		"no such call": {http.MethodGet, announcement, "", http.StatusMethodNotAllowed, "this path takes POST\n"},
		"two calls":    {http.MethodPost, "/manager/prober/alerts/ignored", "{}", http.StatusMethodNotAllowed, "this path takes GET, PUT\n"},
		"no body":      {http.MethodPost, announcement, "", http.StatusUnsupportedMediaType, "send JSON, and say so by Content-Type: application/json\n"},
		"not JSON":     {http.MethodPost, announcement, "title=a", http.StatusBadRequest, "the body does not fit (invalid character 'i' in literal true (expecting 'r')); send JSON such as {\"title\": \"Planned work\", \"text\": \"Tonight at 22:00 UTC.\"}\n"},
		"two values":   {http.MethodPost, announcement, `{"title":"a","text":"b"}{}`, http.StatusBadRequest, "the body does not fit (invalid character '{' after top-level value); send JSON such as {\"title\": \"Planned work\", \"text\": \"Tonight at 22:00 UTC.\"}\n"},
		"empty":        {http.MethodPost, announcement, `{"title":"","text":"b"}`, http.StatusBadRequest, "invalid announcement: the title is empty\n"},
		"too long":     {http.MethodPost, announcement, `{"title":"a","text":"` + strings.Repeat("a", 20_001) + `"}`, http.StatusBadRequest, "invalid announcement: the text is longer than 20000 characters\n"},
		"UTF-8":        {http.MethodPost, announcement, "{\"title\":\"\xff\",\"text\":\"b\"}", http.StatusBadRequest, "the body is not valid UTF-8\n"},
		"no number":    {http.MethodPut, "/manager/prober/alerts/ignored/", `{"reminders_seconds":1.5}`, http.StatusBadRequest, "the body does not fit (json: cannot unmarshal number 1.5 into Go struct field ignored.reminders_seconds of type int64); send JSON such as {\"reminders_seconds\": 600}, or null to end it\n"},
		"no such id":   {http.MethodDelete, announcement + "%2e%2e%2f", "", http.StatusNotFound, "no such announcement; GET /manager/announcements/ lists them\n"},
	}
	for name, c := range cases {
		code, body := e.call(c.method, c.path, c.body)
		require.Equal(t, c.code, code, name)
		require.Equal(t, c.want, body, name)
	}
	require.Zero(t, e.changed)
	require.Empty(t, e.log.String(), "a client's fault is not logged")
}

func TestTooManyAnnouncements(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for range 100 {
		_, err := e.desk.Announce(t.Context(), "x", desk.AnnouncementInput{Title: new("a"), Text: new("b")})
		require.NoError(t, err)
	}
	code, body := e.call(http.MethodPost, "/manager/announcement", `{"title":"a","text":"b"}`)
	require.Equal(t, http.StatusConflict, code)
	require.Equal(t, "write an announcement: too many announcements: there are 100; retract one first\n", body)
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	body := &counter{}
	r := request(http.MethodPost, "/manager/announcement/", "x")
	r.Body = io.NopCloser(io.LimitReader(body, 10<<20))
	w := e.do(r)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Equal(t, "the body is larger than 256 KiB\n", w.Body.String())
	require.Less(t, body.read, 1<<20, "the rest is not read")
}

// A counter is an endless body of spaces.
type counter struct{ read int }

func (c *counter) Read(p []byte) (int, error) {
	c.read += len(p)
	return copy(p, bytes.Repeat([]byte(" "), len(p))), nil
}
