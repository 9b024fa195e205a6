// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/view"
)

// views are all views, by the name of their golden files.
func views() map[string]view.Func {
	return map[string]view.Func{
		"page.html": view.HTML, "notfound.html": view.NotFound,
	}
}

func render(t testing.TB, f view.Func, p statuspage.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f(&b, p))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for state, page := range map[string]statuspage.Page{
		"mixed": mixed(), "healthy": healthy(), "sick": uniform(status.Sick), "dead": uniform(status.Dead), "stale": stale(), "empty": empty(),
	} {
		for name, f := range views() {
			if name == "robots.txt" && state != "mixed" {
				continue
			}
			t.Run(state+"/"+name, func(t *testing.T) {
				t.Parallel()
				got := render(t, f, page)
				testkit.Golden(t, state+"/"+name, withoutHashes(got))
				switch path.Ext(name) {
				case ".json":
					require.True(t, json.Valid(got))
				case ".svg":
					require.NoError(t, xml.Unmarshal(got, new(struct{})))
				}
			})
		}
	}
}

// withoutHashes keeps the golden files from changing with each asset.
func withoutHashes(page []byte) []byte {
	for _, a := range view.Assets() {
		ext := path.Ext(a.Path)
		stem, _, _ := strings.Cut(a.Path, "-")
		page = bytes.ReplaceAll(page, []byte(a.Path), []byte(stem+"-HASH"+ext))
	}
	return page
}

// A name that the page does not carry can't be shown; one that it does carry is
// shown by the HTML alone.
func TestNamesAreInTheHTMLAlone(t *testing.T) {
	t.Parallel()
	p := mixed()
	for name, f := range views() {
		require.Equal(t, name == "page.html", strings.Contains(string(render(t, f, p)), "edge-2.example.com"), name)
	}
}

// The way from a reading that knows every target to what the public sees.
func TestHiddenTargetsAreNowhere(t *testing.T) {
	t.Parallel()
	const target = "https://secret-target.internal:8443/health"
	at := now()
	node := status.NodeID{Service: "web", Node: "api"}
	in := statuspage.Input{
		Now: at, StaleAfter: 2 * 60e9,
		Reading: statuspage.Reading{
			At: at, Newest: at,
			Replicas: map[status.ID]statuspage.ReplicaReading{node.Replica(target): {Status: status.Dead, Reason: status.Connect, LastSeen: at}},
			Layout: statuspage.Layout{Services: []statuspage.ServiceLayout{{ID: "web", Label: "Web", Nodes: []statuspage.NodeLayout{
				{ID: "api", Label: "API", Mode: "poll"},
			}}}},
		},
	}
	for name, f := range views() {
		require.NotContains(t, string(render(t, f, statuspage.Build(in))), "secret-target", name)
	}
	in.Reading.Layout.Services[0].Nodes[0].Reveal = true
	require.Contains(t, string(render(t, view.HTML, statuspage.Build(in))), target, "the test must be able to see a target")
}

func TestAssets(t *testing.T) {
	t.Parallel()
	require.Len(t, view.Assets(), 3)
	for _, a := range view.Assets() {
		require.Regexp(t, `^/assets/[a-z]+-[0-9a-f]{12}\.(css|js|svg)$`, a.Path)
		require.NotEmpty(t, a.ContentType)
		require.Contains(t, string(a.Body), "SPDX-License-Identifier: Apache-2.0")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWriteErrorsAreReturned(t *testing.T) {
	t.Parallel()
	var w io.Writer = brokenWriter{}
	for name, f := range views() {
		require.Error(t, f(w, mixed()), name)
	}
}

func BenchmarkHTML(b *testing.B) {
	p := large()
	b.ReportAllocs()
	for b.Loop() {
		if err := view.HTML(io.Discard, p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(render(b, view.HTML, p))), "bytes/page")
}
