// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
)

// npm returns the folder of the tests that need npm packages, if they are there.
func npm(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("testdata", "browser")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err != nil {
		testkit.Skip(t, "the npm packages of statuspage/view/testdata/browser are not installed")
	}
	return folder
}

// TestHTMLValidate: html-validate finds nothing wrong in any page.
func TestHTMLValidate(t *testing.T) {
	t.Parallel()
	node, folder := testkit.Program(t, "node"), npm(t)
	out := t.TempDir()
	for state, p := range states() {
		for name, f := range shown(state) {
			require.NoError(t, os.WriteFile(filepath.Join(out, state+"-"+name+".html"), withoutCustom(render(t, f, p)), 0o600))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	check := exec.CommandContext(ctx, node, "validate.mjs", out)
	check.Dir = folder
	text, err := check.CombinedOutput()
	require.NoError(t, err, string(text))
	t.Logf("%s", text)
}

// withoutCustom takes out what the operator answers for.
func withoutCustom(page []byte) []byte {
	return bytes.ReplaceAll(page, []byte(mixed().Brand.CustomHTML), nil)
}

// TestBrowser looks at each page in a browser: see testdata/browser/checks.mjs. With
// PHAROS_SCREENSHOTS set to a folder it keeps pictures there.
func TestBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a browser a minute")
	}
	node, chromium, folder := testkit.Program(t, "node"), testkit.Program(t, "chromium"), npm(t)
	web := httptest.NewServer(gallery(t))
	defer web.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	checks := exec.CommandContext(ctx, node, "checks.mjs", web.URL, chromium, os.Getenv("PHAROS_SCREENSHOTS"))
	checks.Dir = folder
	out, err := checks.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
}

// gallery serves every page of every state below /state/name, with the policy that
// servers send.
func gallery(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	for _, a := range view.Assets() {
		mux.HandleFunc("GET "+a.Path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			_, _ = w.Write(a.Body)
		})
	}
	all := states()
	all["large"] = many(20, 1000, 3)
	all["fifty"] = many(5, 50, 3)
	scripts, styles := view.Hashes()
	policy := "default-src 'none'; base-uri 'none'; form-action 'self'; connect-src 'self'; img-src 'self'; script-src 'self' " +
		strings.Join(scripts, " ") + "; style-src " + strings.Join(styles, " ")
	var names []string
	for state, p := range all {
		p.Brand.IconURL, p.Brand.LogoURL = "", ""
		for name, f := range shown(state) {
			names = append(names, state+"/"+name)
			page := &live{f: f, page: p}
			mux.Handle("GET /"+state+"/"+name, page.handler(t, policy))
		}
	}
	mux.HandleFunc("GET /events", events)
	mux.HandleFunc("GET /pages", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(names) })
	return mux
}

// A live page is drawn once.
type live struct {
	f    drawing
	page statuspage.Page
	body []byte
}

func (l *live) handler(t *testing.T, policy string) http.Handler {
	t.Helper()
	l.body = withoutCustom(render(t, l.f, l.page))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Date", now().Format(http.TimeFormat))
		_, _ = w.Write(l.body)
	})
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = w.Write([]byte("event: page\ndata: {\"version\":\"1\"}\n\n"))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}
