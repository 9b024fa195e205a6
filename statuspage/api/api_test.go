// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/api"
	"github.com/pharos-status/pharos/statuspage/store"
)

const token = "s3cret"

// An env is a handler with all that it works on.
type env struct {
	token   configfile.Secret
	store   api.Announcements
	ignored time.Duration // what the fake Alertmanager holds back
	down    error         // of the fake Alertmanager
	reading statuspage.Reading
	changed int
	log     bytes.Buffer
}

func newEnv(t *testing.T) *env {
	t.Helper()
	s, err := store.Open(store.Options{Path: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &env{token: token, store: s, reading: statuspage.Reading{At: time.Now(), Newest: time.Now()}}
}

func (e *env) Ignored(context.Context) (time.Duration, error) { return e.ignored, e.down }

func (e *env) Ignore(_ context.Context, d time.Duration) error { e.ignored = d; return e.down }

func (e *env) Unignore(context.Context) error { e.ignored = 0; return e.down }

func (e *env) do(r *http.Request) *httptest.ResponseRecorder {
	h := api.Handler(api.Options{
		Token:      func() configfile.Secret { return e.token },
		Store:      e.store,
		Reminders:  func() api.Reminders { return e },
		Reading:    func() statuspage.Reading { return e.reading },
		StaleAfter: func() time.Duration { return time.Minute },
		Changed:    func() { e.changed++ },
		Logger:     slog.New(slog.NewTextHandler(&e.log, nil)),
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.SetBasicAuth("anybody", token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return r
}

// call makes a request and returns the code and the body.
func (e *env) call(method, path, body string) (int, string) {
	w := e.do(request(method, path, body))
	return w.Code, w.Body.String()
}

func TestAnnouncements(t *testing.T) {
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
		all, err := e.store.Announcements()
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

// inner has the name that an embedded store needs, whose method is called as
// its interface is.
type inner = api.Announcements

// broken is a store that can't write.
type broken struct{ inner }

func (broken) Announce(string, string) (statuspage.Announcement, error) {
	return statuspage.Announcement{}, errors.New("write /data: no space left on device")
}

func TestInternalErrorsAreLoggedOnly(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.store = broken{e.store}
	code, body := e.call(http.MethodPost, "/manager/announcement/", `{"title":"a","text":"b"}`)
	require.Equal(t, http.StatusInternalServerError, code)
	require.Equal(t, "the call failed; the log of the status page says why\n", body)
	require.Contains(t, e.log.String(), "no space left on device")
	require.Zero(t, e.changed)
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for name, change := range map[string]func(*http.Request){
		"none":         func(r *http.Request) { r.Header.Del("Authorization") },
		"wrong":        func(r *http.Request) { r.SetBasicAuth(token, "wrong") },
		"empty":        func(r *http.Request) { r.SetBasicAuth("", "") },
		"not Basic":    func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) },
		"unknown path": func(r *http.Request) { r.URL.Path = "/manager/x"; r.SetBasicAuth("", "x") },
	} {
		r := request(http.MethodGet, "/manager/announcements/", "")
		change(r)
		w := e.do(r)
		require.Equal(t, http.StatusUnauthorized, w.Code, name)
		require.Equal(t, `Basic realm="Pharos manager", charset="UTF-8"`, w.Header().Get("WWW-Authenticate"))
		require.Equal(t, "wrong or missing token; send it as the password of Basic authentication\n", w.Body.String())
	}
	e.token = ""
	for _, password := range []string{token, ""} {
		r := request(http.MethodGet, "/manager/announcements/", "")
		r.SetBasicAuth("", password)
		w := e.do(r)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Equal(t, "the manager API is off, since no token is configured; set manager.token_file in statuspage.yml\n", w.Body.String())
	}
}

func TestBadRequests(t *testing.T) {
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
		"too long":     {http.MethodPost, announcement, `{"title":"a","text":"` + strings.Repeat("a", 10_001) + `"}`, http.StatusBadRequest, "invalid announcement: the text is longer than 10000 characters\n"},
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
		_, err := e.store.Announce("a", "b")
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

// FuzzAnnounce: no body makes the handler panic or answer anything but what is
// documented, and what is accepted is kept.
func FuzzAnnounce(f *testing.F) {
	f.Add([]byte(`{"title":"a","text":"b"}`))
	f.Add([]byte(`{"title":null,"text":["b"]}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &env{token: token, store: memory{}}
		code, answer := e.call(http.MethodPost, "/manager/announcement/", string(body)+" ")
		if code != http.StatusOK && code != http.StatusBadRequest && code != http.StatusRequestEntityTooLarge {
			t.Error(code, answer)
		}
	})
}

// memory takes every announcement.
type memory struct{ inner }

func (memory) Announce(string, string) (statuspage.Announcement, error) {
	return statuspage.Announcement{ID: "1"}, nil
}
