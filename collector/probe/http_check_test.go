// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// both runs a test over the lean way, and over that of net/http.
func both(t *testing.T, o probe.HTTPOptions, check func(t *testing.T, o probe.HTTPOptions)) {
	t.Helper()
	t.Run("lean", func(t *testing.T) {
		t.Parallel()
		check(t, o)
	})
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		full := o
		full.FollowRedirects = true
		check(t, full)
	})
}

func re(expression string) *regexp.Regexp { return regexp.MustCompile(expression) }

func cel(t *testing.T, expression string) *probe.CEL {
	t.Helper()
	c, err := probe.NewCEL(expression)
	require.NoError(t, err)
	return c
}

// document is what answers have that are checked.
const document = `{"health": "good", "nodes": [{"up": true}, {"up": false}], "load": 0.5}`

func TestHTTPChecks(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["X-Test"] = []string{"one", "two"}
		_, _ = io.WriteString(w, document)
	}))
	t.Cleanup(server.Close)
	header := func(expression string) []probe.HeaderMatch {
		return []probe.HeaderMatch{{Header: "x-test", Match: re(expression)}}
	}
	missing := func(allow bool) []probe.HeaderMatch {
		return []probe.HeaderMatch{{Header: "X-None", Match: re("."), AllowMissing: allow}}
	}
	type options = probe.HTTPOptions
	tests := map[string]struct {
		o      options
		reason status.Reason // none: healthy
		detail string
		due    string // what failed it, in the facts
	}{
		"status":                    {o: options{StatusCodes: []int{204, 200}}},
		"other status":              {o: options{StatusCodes: []int{204, 301}}, reason: status.HTTPStatus, detail: "HTTP status 200, want one of [204 301]"},
		"version":                   {o: options{Versions: []string{"HTTP/1.1"}}},
		"other version":             {o: options{Versions: []string{"HTTP/2.0"}}, reason: status.Protocol, detail: `the answer is in HTTP/1.1, want one of ["HTTP/2.0"]`},
		"TLS":                       {o: options{FailIfNotTLS: true}, reason: status.TLS, detail: "without TLS"},
		"no TLS":                    {o: options{FailIfTLS: true}},
		"header":                    {o: options{HeaderMust: header("^two$")}},
		"no header":                 {o: options{HeaderNot: header("three")}},
		"header is missing":         {o: options{HeaderMust: missing(false)}, reason: status.Body, detail: "no header X-None", due: "regexp"},
		"header is missing as well": {o: options{HeaderNot: missing(false)}, reason: status.Body, detail: "no header X-None", due: "regexp"},
		"header may be missing":     {o: options{HeaderMust: missing(true), HeaderNot: missing(true)}},
		"header does not match":     {o: options{HeaderMust: header("three")}, reason: status.Body, detail: `header x-test does not match "three"`, due: "regexp"},
		"header matches":            {o: options{HeaderNot: header("two")}, reason: status.Body, detail: `header x-test matches "two"`, due: "regexp"},
		"body":                      {o: options{BodyMust: []*regexp.Regexp{re("health"), re("good")}}},
		"no body":                   {o: options{BodyNot: []*regexp.Regexp{re("bad"), re("ugly")}}},
		"body does not match":       {o: options{BodyMust: []*regexp.Regexp{re("health"), re("bad")}}, reason: status.Body, detail: `does not match "bad"`, due: "regexp"},
		"body matches":              {o: options{BodyNot: []*regexp.Regexp{re("bad"), re("good")}}, reason: status.Body, detail: `matches "good"`, due: "regexp"},
		"JSON":                      {o: options{JSONMust: cel(t, `body.health == "good" && body.nodes.exists(n, n.up)`), JSONNot: cel(t, "body.load > 1.0")}},
		"JSON is not so":            {o: options{JSONMust: cel(t, "body.nodes.all(n, n.up)")}, reason: status.Body, detail: `"body.nodes.all(n, n.up)" is false of the body, want true`, due: "CEL"},
		"JSON is so":                {o: options{JSONNot: cel(t, "body.load < 1.0")}, reason: status.Body, detail: "is true of the body, want false", due: "CEL"},
		"JSON has no such field":    {o: options{JSONMust: cel(t, "body.none == 1")}, reason: status.Body, detail: "no such key: none", due: "CEL"},
		"JSON is no answer":         {o: options{JSONNot: cel(t, "body.health")}, reason: status.Body, detail: "it is of type string, want bool", due: "CEL"},
		"as long as it may be":      {o: options{ReadBody: true, BodyLimit: int64(len(document))}},
		"longer than it may be":     {o: options{ReadBody: true, BodyLimit: int64(len(document)) - 1}, reason: status.Body, detail: "longer than"},
		"not compressed":            {o: options{ReadBody: true, Compression: "gzip"}, reason: status.Body, detail: "unpack the body as gzip"},
		"unknown compression":       {o: options{ReadBody: true, Compression: "lzw"}, reason: status.Body, detail: `"lzw" is not known`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.o.URL, test.o.Method = parse(t, server.URL), http.MethodGet
			both(t, test.o, func(t *testing.T, o probe.HTTPOptions) {
				t.Helper()
				r := probe.HTTP(o).Probe(t.Context())
				v := probe.Limits{}.Judge(r)
				require.Equal(t, test.reason, v.Reason, v.Detail)
				require.Contains(t, v.Detail, test.detail)
				require.Equal(t, test.due == "regexp", r.HTTP.FailedRegexp)
				require.Equal(t, test.due == "CEL", r.HTTP.FailedCEL)
				require.Equal(t, 200, r.HTTP.Status)
			})
		})
	}
}

func TestHTTPBodyThatIsNoJSON(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	t.Cleanup(server.Close)
	r := probe.HTTP(probe.HTTPOptions{URL: parse(t, server.URL), JSONNot: cel(t, "body.x")}).Probe(t.Context())
	requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.Body, "the body is not JSON")
	require.True(t, r.HTTP.FailedCEL)
}

func TestNewCEL(t *testing.T) {
	t.Parallel()
	_, err := probe.NewCEL("body.")
	require.ErrorContains(t, err, `compile the CEL expression "body."`)
	_, err = probe.NewCEL("header.x == 1")
	require.ErrorContains(t, err, "undeclared reference to 'header'")
	require.Equal(t, "body.x == 1", cel(t, "body.x == 1").String())
}

// compressors write text in each of the ways that a body may be compressed.
func compressors() map[string]func(w io.Writer) io.WriteCloser {
	return map[string]func(w io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"br":   func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser {
			f, _ := flate.NewWriter(w, flate.BestSpeed)
			return f
		},
		"deflate in zlib": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	}
}

func TestHTTPCompression(t *testing.T) {
	t.Parallel()
	for name, compress := range compressors() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var packed bytes.Buffer
			w := compress(&packed)
			_, _ = io.WriteString(w, strings.Repeat(document, 100))
			require.NoError(t, w.Close())
			cut := packed.Len()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/cut" {
					cut = packed.Len() / 2
				}
				_, _ = w.Write(packed.Bytes()[:cut])
			}))
			t.Cleanup(server.Close)
			algorithm, _, _ := strings.Cut(name, " ")
			o := probe.HTTPOptions{
				URL: parse(t, server.URL), Method: http.MethodGet, Compression: algorithm, ReadBody: true,
				BodyMust: []*regexp.Regexp{re("(?s)^.*good.*0.5}$")},
			}
			r := probe.HTTP(o).Probe(t.Context())
			require.NoError(t, r.Err)
			require.EqualValues(t, 100*len(document), r.HTTP.BodyBytes)
			require.EqualValues(t, packed.Len(), r.HTTP.ContentLength)

			o.Method = http.MethodHead
			o.BodyMust = nil
			require.NoError(t, probe.HTTP(o).Probe(t.Context()).Err, "there is nothing to unpack")

			o.Method, o.URL = http.MethodGet, parse(t, server.URL+"/cut")
			requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Dead, status.Body, "unpack the body as "+algorithm)
		})
	}
}

// TestHTTPFacts keeps what metrics are made of.
func TestHTTPFacts(t *testing.T) {
	t.Parallel()
	modified := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, document)
	}))
	t.Cleanup(server.Close)
	o := probe.HTTPOptions{URL: parse(t, "http://localhost:"+portOf(t, server.Listener.Addr().String())), Method: http.MethodGet, ReadBody: true}
	both(t, o, func(t *testing.T, o probe.HTTPOptions) {
		t.Helper()
		r := probe.HTTP(o).Probe(t.Context())
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.HTTPStatus, "418")
		phases := r.HTTP.Phases
		for name, took := range map[string]time.Duration{
			"resolve": phases.Resolve, "connect": phases.Connect, "processing": phases.Processing, "transfer": phases.Transfer,
		} {
			require.Positive(t, took, name)
			require.Less(t, took, r.Took, name)
		}
		require.Zero(t, phases.TLS)
		r.HTTP.Phases = probe.HTTPPhases{}
		require.Equal(t, &probe.HTTPFacts{
			Status: 418, Proto: "HTTP/1.1", ContentLength: int64(len(document)), BodyBytes: int64(len(document)), LastModified: modified,
		}, r.HTTP)
		require.Nil(t, r.TLS)
		require.Equal(t, "127.0.0.1", r.Addr.String())
		var log []string
		for _, e := range r.Events {
			log = append(log, e.What)
		}
		require.Equal(t, []string{"connected", "answered", "body read"}, log)
	})
}

func TestHTTPBodyFile(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got <- string(text) + " " + strconv.FormatInt(r.ContentLength, 10)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "body")
	require.NoError(t, os.WriteFile(file, []byte("ping"), 0o600))
	o := probe.HTTPOptions{URL: parse(t, server.URL), Method: http.MethodPost, BodyFile: file}
	require.Equal(t, status.Healthy, verdict(t, probe.HTTP(o), patience).Status)
	require.Equal(t, "ping 4", <-got)

	require.NoError(t, os.Remove(file))
	requireFailure(t, verdict(t, probe.HTTP(o), patience), status.Unknown, status.Permission, "no such file")
}

func TestHTTPExactURL(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.RequestURI }))
	t.Cleanup(server.Close)
	for _, path := range []string{"/", "/?a=b"} {
		o := probe.HTTPOptions{URL: parse(t, server.URL+path), ExactURL: true}
		require.Equal(t, status.Healthy, verdict(t, probe.HTTP(o), patience).Status)
		require.Equal(t, path, <-got)
	}
}
