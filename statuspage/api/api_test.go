// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/api"
	"github.com/pharos-status/pharos/statuspage/desk"
	"github.com/pharos-status/pharos/statuspage/store"
)

const token = "s3cret"

// An env is a handler with all that it works on. Each answer is checked by the
// description of the API.
type env struct {
	try     api.Try
	t       testing.TB
	spec    *spec
	token   configfile.Secret
	store   *store.Store
	desk    *desk.Desk
	now     time.Time
	ignored time.Duration // what the fake Alertmanager holds back
	down    error         // of the fake Alertmanager
	reading statuspage.Reading
	changed int
	log     bytes.Buffer
	handler http.Handler
}

func newEnv(t testing.TB) *env {
	t.Helper()
	return newEnvOf(t, store.Options{Path: t.TempDir()})
}

func newEnvOf(t testing.TB, o store.Options) *env {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	e := &env{t: t, spec: readSpec(t), token: token, store: s, reading: statuspage.Reading{At: time.Now(), Newest: time.Now()}}
	e.now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	e.desk = desk.New(desk.Options{
		Store: s, Changed: func() { e.changed++ }, Now: func() time.Time { return e.now },
		Layout: func() statuspage.Layout {
			return statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Nodes: []statuspage.NodeLayout{{ID: "api"}}}, {ID: "db"}}}
		},
	})
	e.handler = api.Handler(api.Options{
		Token: func() configfile.Secret { return e.token },
		Try: func(r *http.Request, right func() bool) (bool, time.Duration) {
			if e.try == nil {
				return right(), 0
			}
			return e.try(r, right)
		},
		Desk: e.desk, Store: s,
		Reminders:  func() api.Reminders { return e },
		Reading:    func() statuspage.Reading { return e.reading },
		StaleAfter: func() time.Duration { return time.Minute },
		Logger:     slog.New(slog.NewTextHandler(&e.log, nil)),
	})
	return e
}

func (e *env) Ignored(context.Context) (time.Duration, error) { return e.ignored, e.down }

func (e *env) Ignore(_ context.Context, d time.Duration) error { e.ignored = d; return e.down }

func (e *env) Unignore(context.Context) error { e.ignored = 0; return e.down }

func (e *env) do(r *http.Request) *httptest.ResponseRecorder {
	e.t.Helper()
	var sent bytes.Buffer
	r.Body = io.NopCloser(io.TeeReader(r.Body, &sent))
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	e.spec.check(e.t, r, sent.Bytes(), w)
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
	e.t.Helper()
	w := e.do(request(method, path, body))
	return w.Code, w.Body.String()
}

// must makes a request that is answered well, and stores the answer in out.
func (e *env) must(code int, method, path, body string, out any) {
	e.t.Helper()
	got, answer := e.call(method, path, body)
	require.Equal(e.t, code, got, answer)
	if out != nil {
		reflect.ValueOf(out).Elem().SetZero()
		require.NoError(e.t, json.Unmarshal([]byte(answer), out), answer)
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, path := range []string{"/manager/announcements/", "/manager/v1/announcements", "/manager/v1/incidents/x"} {
		for name, change := range map[string]func(*http.Request){
			"none":         func(r *http.Request) { r.Header.Del("Authorization") },
			"wrong":        func(r *http.Request) { r.SetBasicAuth(token, "wrong") },
			"empty":        func(r *http.Request) { r.SetBasicAuth("", "") },
			"wrong Bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer wrong") },
			"empty Bearer": func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") },
			"no Bearer":    func(r *http.Request) { r.Header.Set("Authorization", token) },
			"unknown path": func(r *http.Request) { r.URL.Path = "/manager/x"; r.SetBasicAuth("", "x") },
		} {
			r := request(http.MethodGet, path, "")
			change(r)
			w := e.do(r)
			require.Equal(t, http.StatusUnauthorized, w.Code, name)
			require.Equal(t, `Basic realm="Pharos manager", charset="UTF-8"`, w.Header().Get("WWW-Authenticate"))
			require.Contains(t, w.Body.String(), "wrong or missing token; send it as the password of Basic authentication")
		}
	}
	r := request(http.MethodGet, "/manager/announcements/", "")
	r.Header.Set("Authorization", "bearer "+token)
	require.Equal(t, http.StatusOK, e.do(r).Code)

	e.token = ""
	for _, password := range []string{token, ""} {
		r := request(http.MethodGet, "/manager/announcements/", "")
		r.SetBasicAuth("", password)
		w := e.do(r)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Equal(t, "the manager API is off, since no token is configured; set manager.token_file in statuspage.yml\n", w.Body.String())
	}
}

func TestPagesOfOtherSites(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, path := range []string{"/manager/v1/maintenance/x/cancel", "/manager/announcement"} {
		r := request(http.MethodPost, path, "")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := e.do(r)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Contains(t, w.Body.String(), "another site")
	}
}

func TestOpenAPIIsServedToEveryone(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.token = ""
	w := e.do(httptest.NewRequest(http.MethodGet, "/manager/openapi.json", http.NoBody))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, api.OpenAPI(), w.Body.Bytes())
	require.NotContains(t, w.Body.String(), token)
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, c := range []struct {
		method, path string
		code         int
		want         string
	}{
		{http.MethodGet, "/manager/v1/x", 404, `{"error":"no such path below /manager/v1/; /manager/openapi.json has all"}`},
		{http.MethodPut, "/manager/v1/incidents", 405, `{"error":"this path takes GET, POST"}`},
		{http.MethodGet, "/manager/v1/incidents/nothing", 404, `{"error":"there is nothing at /manager/v1/incidents/nothing"}`},
		{http.MethodGet, "/manager/v1/maintenance/nothing/", 404, `{"error":"there is nothing at /manager/v1/maintenance/nothing/"}`},
		{http.MethodDelete, "/manager/v1/incidents/%00", 404, `{"error":"there is nothing at /manager/v1/incidents/\u0000"}`},
		{http.MethodDelete, "/manager/v1/incidents/%2e%2e%2fx", 404, `{"error":"there is nothing at /manager/v1/incidents/../x"}`},
		{http.MethodDelete, "/manager/v1/subscribers/%ff", 404, `{"error":"there is nothing at /manager/v1/subscribers/` + "\ufffd" + `"}`},
	} {
		code, body := e.call(c.method, c.path, "")
		require.Equal(t, c.code, code, c.path)
		require.Equal(t, strings.ReplaceAll(c.want, "\ufffd", `\ufffd`), body)
	}
}

// TestTheStoreIsAway: a database that does not answer is no fault of the client's.
func TestTheStoreIsAway(t *testing.T) {
	t.Parallel()
	e := newEnvOf(t, store.Options{Path: t.TempDir(), URL: "postgres://nobody@127.0.0.1:1/nothing?connect_timeout=1"})
	for _, c := range [][3]string{
		{http.MethodPost, "/manager/v1/announcements", `{"title":"a","text":"b"}`},
		{http.MethodPost, "/manager/announcement", `{"title":"a","text":"b"}`},
		{http.MethodGet, "/manager/v1/templates", ""},
		{http.MethodGet, "/manager/v1/journal", ""},
		{http.MethodGet, "/manager/v1/subscribers", ""},
		{http.MethodGet, "/manager/v1/incidents/x", ""},
	} {
		w := e.do(request(c[0], c[1], c[2]))
		require.Equal(t, http.StatusServiceUnavailable, w.Code, c)
		require.Equal(t, "10", w.Header().Get("Retry-After"))
		require.Contains(t, w.Body.String(), "the store is away, and nothing was changed; try again later")
	}
	for _, path := range []string{"/manager/announcements", "/manager/v1/incidents", "/manager/v1/maintenance", "/manager/v1/corrections"} {
		w := e.do(request(http.MethodGet, path, ""))
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Equal(t, "true", w.Header().Get("Pharos-Read-Only"))
	}
	require.Zero(t, e.changed)
	require.Empty(t, e.log.String(), "the store logs it")
}
