// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
	"github.com/pharos-status/pharos/statuspage/words"
)

type drawing func(w io.Writer, p statuspage.Page, o view.Options) error

// options offer all there is.
func options() view.Options {
	return view.Options{Words: words.In("en"), Live: true, Subscribe: view.Subscribe{Email: true, Webhook: true}, Languages: words.Languages()}
}

// drawings are all pages that any state has, by the name of their golden files.
func drawings() map[string]drawing {
	subscription := func(s view.SubscribeState) drawing {
		return func(w io.Writer, p statuspage.Page, o view.Options) error { return view.SubscribePage(w, p, s, o) }
	}
	chosen := []statuspage.Ref{{Service: "web", Node: "core"}}
	return map[string]drawing{
		"index":    view.Index,
		"history":  func(w io.Writer, p statuspage.Page, o view.Options) error { return view.History(w, p, time.Time{}, o) },
		"notfound": view.NotFound,
		"problem": func(w io.Writer, p statuspage.Page, o view.Options) error {
			return view.Problem(w, p, 429, "Too many requests", "Try again in a minute.", o)
		},
		"login": func(w io.Writer, p statuspage.Page, o view.Options) error {
			return view.Login(w, p, false, "/history", o)
		},
		"login-failed":           func(w io.Writer, p statuspage.Page, o view.Options) error { return view.Login(w, p, true, "/", o) },
		"subscribe":              subscription(view.SubscribeState{}),
		"subscribe-errors":       subscription(view.SubscribeState{Email: "nobody@", URL: "http://10.0.0.1/", Chosen: chosen, Major: true, Errors: map[string]string{"email": "This is not an e-mail address.", "url": "This address can’t be reached from here.", "component": "There is no such part."}}),
		"subscribe-sent":         subscription(view.SubscribeState{Step: view.SubscribeSent}),
		"subscribe-ask":          subscription(view.SubscribeState{Step: view.SubscribeAsk, Token: "t0ken"}),
		"subscribe-done":         subscription(view.SubscribeState{Step: view.SubscribeDone}),
		"subscribe-webhook":      subscription(view.SubscribeState{Step: view.SubscribeDone, Kind: "webhook", Secret: "s3cret"}),
		"subscribe-edit":         subscription(view.SubscribeState{Step: view.SubscribeEdit, Token: "t0ken", Chosen: chosen, Saved: true}),
		"subscribe-unsubscribe":  subscription(view.SubscribeState{Step: view.Unsubscribe, Token: "t0ken"}),
		"subscribe-unsubscribed": subscription(view.SubscribeState{Step: view.Unsubscribed}),
	}
}

// stories are the pages of single things, which the mixed page alone has all of.
func stories() map[string]drawing {
	all := map[string]drawing{
		"history-september": func(w io.Writer, p statuspage.Page, o view.Options) error {
			return view.History(w, p, time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), o)
		},
	}
	for _, id := range []string{"inc1dent01", "inc1dent02", "inc1dent03"} {
		all["incident-"+id] = func(w io.Writer, p statuspage.Page, o view.Options) error { return view.Incident(w, p, id, o) }
	}
	for _, id := range []string{"m4intenance", "weekly0000"} {
		all["maintenance-"+id] = func(w io.Writer, p statuspage.Page, o view.Options) error { return view.Maintenance(w, p, id, o) }
	}
	for _, id := range []string{"web", "socket", "jobs"} {
		all["service-"+id] = func(w io.Writer, p statuspage.Page, o view.Options) error { return view.Service(w, p, id, o) }
	}
	return all
}

// states are pages in all the states that there are.
func states() map[string]statuspage.Page {
	return map[string]statuspage.Page{
		"mixed": mixed(), "healthy": healthy(), "sick": uniform(status.Sick), "dead": uniform(status.Dead),
		"maintenance": inMaintenance(), "stale": stale(), "empty": empty(), "long": long(),
	}
}

// shown returns what each state has a golden file of: the mixed page of all, the
// others of what looks different.
func shown(state string) map[string]drawing {
	all := map[string]drawing{"index": drawings()["index"]}
	switch state {
	case "long":
		for _, name := range []string{"service-web", "incident-inc1dent01", "history-september"} {
			all[name] = stories()[name]
		}
		all["subscribe"] = drawings()["subscribe"]
	case "mixed":
		all = drawings()
		maps.Copy(all, stories())
	case "empty":
		all["history"], all["subscribe"] = drawings()["history"], drawings()["subscribe"]
	}
	return all
}

func render(t testing.TB, f drawing, p statuspage.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f(&b, p, options()))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for state, p := range states() {
		if state == "long" {
			continue
		}
		for name, f := range shown(state) {
			t.Run(state+"/"+name, func(t *testing.T) {
				t.Parallel()
				testkit.Golden(t, "golden/"+state+"/"+name+".html", withoutAssets(render(t, f, p)))
			})
		}
	}
}

// withoutAssets keeps the golden files from changing with each asset.
func withoutAssets(page []byte) []byte {
	for _, a := range view.Assets() {
		ext := path.Ext(a.Path)
		stem, _, _ := strings.Cut(a.Path, "-")
		page = bytes.ReplaceAll(page, []byte(a.Path), []byte(stem+"-HASH"+ext))
	}
	for _, element := range []string{"style", "script"} {
		begin, rest, _ := bytes.Cut(page, []byte("<"+element+">"))
		_, end, _ := bytes.Cut(rest, []byte("</"+element+">"))
		page = bytes.Join([][]byte{begin, end}, []byte("<"+element+"></"+element+">"))
	}
	return page
}

func TestNotThere(t *testing.T) {
	t.Parallel()
	for name, f := range stories() {
		require.ErrorIs(t, f(io.Discard, empty(), options()), view.ErrNotThere, name)
	}
}

func TestWriteErrorsAreReturned(t *testing.T) {
	t.Parallel()
	for name, f := range shown("mixed") {
		require.Error(t, f(brokenWriter{}, mixed(), options()), name)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

// Every language has all words of all pages.
func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, tag := range words.Languages() {
		o := options()
		o.Words = words.In(tag)
		for name, f := range shown("mixed") {
			var b bytes.Buffer
			require.NoError(t, f(&b, mixed(), o))
			require.Contains(t, b.String(), `<html lang="`+tag+`">`, name)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	require.Len(t, view.Assets(), 2)
	for _, a := range view.Assets() {
		require.Regexp(t, `^/assets/[a-z]+-[0-9a-f]{12}\.(js|svg)$`, a.Path)
		require.NotEmpty(t, a.ContentType)
		require.Contains(t, string(a.Body), "SPDX-License-Identifier: Apache-2.0")
	}
}

// onTheWire returns the size of the text as gzip and as brotli.
func onTheWire(t testing.TB, text []byte) (gz, br int) {
	t.Helper()
	var g, b bytes.Buffer
	gw, err := gzip.NewWriterLevel(&g, gzip.BestCompression)
	require.NoError(t, err)
	bw := brotli.NewWriterLevel(&b, 6)
	for w, of := range map[io.WriteCloser]string{gw: "gzip", bw: "brotli"} {
		_, err := w.Write(text)
		require.NoError(t, err, of)
		require.NoError(t, w.Close(), of)
	}
	return g.Len(), b.Len()
}

// TestWeight: the page of 50 components with 90 days each, and all that it needs,
// is at most 30 KB on the wire in two requests.
func TestWeight(t *testing.T) {
	t.Parallel()
	const budget = 30_000
	page := render(t, view.Index, many(5, 50, 3))
	gz, br := onTheWire(t, page)
	t.Logf("page: %d bytes, gzip %d, brotli %d", len(page), gz, br)
	requests := 1
	for _, a := range view.Assets() {
		if path.Ext(a.Path) != ".js" { // the icon is asked for when all is drawn
			continue
		}
		g, b := onTheWire(t, a.Body)
		t.Logf("%s: %d bytes, gzip %d, brotli %d", a.Path, len(a.Body), g, b)
		gz, br, requests = gz+g, br+b, requests+1
	}
	require.LessOrEqual(t, requests, 2)
	require.LessOrEqual(t, gz, budget, "gzip")
	require.LessOrEqual(t, br, budget, "brotli")
}

func BenchmarkIndex(b *testing.B) {
	for name, p := range map[string]statuspage.Page{"50": many(5, 50, 3), "1000": many(20, 1000, 3)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := view.Index(io.Discard, p, options()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(render(b, view.Index, p))), "bytes/page")
		})
	}
}
