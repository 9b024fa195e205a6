// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

// DocumentMetrics keeps the table of one part of docs/metrics.md, as [Document]
// does.
func DocumentMetrics(t testing.TB, part string, families []*dto.MetricFamily) {
	t.Helper()
	Document(t, "docs/metrics.md", part, table(families))
}

// Document keeps one part of a document, which is named from the folder of the
// module on: what stands between the lines "<!-- begin PART -->" and
// "<!-- end PART -->". It rewrites the part if the test runs with -update.
func Document(t testing.TB, name, part, want string) {
	t.Helper()
	path := filepath.Join(root(t), filepath.FromSlash(name))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := []byte("<!-- begin "+part+" -->\n"), []byte("<!-- end "+part+" -->\n")
	before, rest, ok := bytes.Cut(text, begin)
	have, after, ok2 := bytes.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no lines %q and %q", path, begin, end)
	}
	if *update {
		if err := os.WriteFile(path, bytes.Join([][]byte{before, begin, []byte(want), end, after}, nil), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("the part %s of %s differs from what it is about (-documented +is); run make golden if the change is meant:\n%s", part, path, diff)
	}
}

func table(families []*dto.MetricFamily) string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, f := range families {
		labels := make([]string, 0, 4)
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.GetName(), kind(f), strings.Join(labels, ", "), f.GetHelp())
	}
	return b.String()
}

func kind(f *dto.MetricFamily) string {
	kind := strings.ToLower(f.GetType().String())
	if h := f.GetMetric()[0].GetHistogram(); h != nil && h.Schema != nil {
		return "native " + kind
	}
	return kind
}

// root returns the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
