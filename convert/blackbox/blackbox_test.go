// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/blackbox"
	"github.com/pharos-status/pharos/internal/configdir"
	"github.com/pharos-status/pharos/internal/testkit"
)

// accepted writes a result into a folder and has it read as Pharos does.
func accepted(t testing.TB, r convert.Result) {
	t.Helper()
	plan, err := convert.NewPlan(filepath.Join(t.TempDir(), "out"), r)
	require.NoError(t, err)
	require.NoError(t, plan.Apply())
	require.NoError(t, configdir.Errors(configdir.All(plan.Dir)))
}

func sources(t testing.TB) blackbox.Sources {
	t.Helper()
	modules, err := os.ReadFile("../../examples/blackbox/blackbox.yml")
	require.NoError(t, err)
	jobs, err := os.ReadFile("testdata/prometheus.yml")
	require.NoError(t, err)
	return blackbox.Sources{Blackbox: blackbox.Source{Name: "blackbox.yml", Data: modules}, Prometheus: blackbox.Source{Name: "prometheus.yml", Data: jobs}}
}

func TestJobsBecomeServices(t *testing.T) {
	t.Parallel()
	r, err := blackbox.Convert(sources(t), convert.Options{Dir: "/etc/pharos"})
	require.NoError(t, err)
	var told strings.Builder
	for _, n := range r.Notes {
		fmt.Fprintf(&told, "%s:%d %s: %s → %s: %s\n", n.Source.File, n.Source.Line, n.Source.Key, n.Fit, n.To, n.Text)
	}
	testkit.Golden(t, "full/notes.txt", []byte(told.String()))
	for _, f := range r.Files {
		if f.Name == "blackbox.yml" {
			require.True(t, f.Secret)
			require.Equal(t, sources(t).Blackbox.Data, f.Data)
			continue
		}
		testkit.Golden(t, "full/"+f.Name, f.Data)
	}
	accepted(t, r)
}

func TestModulesAlone(t *testing.T) {
	t.Parallel()
	r, err := blackbox.Convert(blackbox.Sources{Blackbox: sources(t).Blackbox}, convert.Options{Dir: "/etc/pharos"})
	require.NoError(t, err)
	accepted(t, r)
}

// TestLabelsOfParameters has the label __param_module say the module, as in Prometheus
// where no parameter does, and no name of a node made of it.
func TestLabelsOfParameters(t *testing.T) {
	t.Parallel()
	const text = "scrape_configs:\n- job_name: a\n  metrics_path: /probe\n  relabel_configs: [{source_labels: [__address__], target_label: __param_target}]\n" +
		"  static_configs:\n  - targets: ['http://a']\n    labels: {__param_module: http_post_2xx}\n"
	r, err := blackbox.Convert(blackbox.Sources{Prometheus: blackbox.Source{Name: "p.yml", Data: []byte(text)}}, convert.Options{})
	require.NoError(t, err)
	require.Contains(t, string(r.Files[0].Data), "module: http_post_2xx")
	require.Contains(t, string(r.Files[0].Data), "id: http-post-2xx\n")
	for _, n := range r.Notes {
		require.Equal(t, convert.Exact, n.Fit, "%+v", n)
	}
	accepted(t, r)
}

// TestTargetsThatAreNone leaves out what nobody could probe, and says so.
func TestTargetsThatAreNone(t *testing.T) {
	t.Parallel()
	const text = "scrape_configs:\n- job_name: a\n  metrics_path: /probe\n  params: {module: [tcp_connect]}\n  relabel_configs: [{source_labels: [__address__], target_label: __param_target}]\n" +
		"  static_configs:\n  - targets: ['127.0.0.1:22;ssh_banner', 'a:1', 'b']\n" +
		"- job_name: b\n  metrics_path: /probe\n  params: {module: [tcp_connect]}\n  relabel_configs: [{source_labels: [__address__], target_label: __param_target}]\n  static_configs: [{targets: ['c']}]\n"
	r, err := blackbox.Convert(blackbox.Sources{Prometheus: blackbox.Source{Name: "p.yml", Data: []byte(text)}}, convert.Options{})
	require.NoError(t, err)
	var out []string
	for _, n := range r.Notes {
		if n.Fit == convert.Missing {
			out = append(out, n.Source.Key)
			require.Contains(t, n.Text, "it is left out: ")
			require.NotContains(t, n.Text, "ssh_banner", "it may be part of a password")
		}
	}
	require.Equal(t, []string{"scrape_configs[0].static_configs[0].targets[0]", "scrape_configs[0].static_configs[0].targets[2]", "scrape_configs[1].static_configs[0].targets[0]"}, out)
	require.Contains(t, string(r.Files[0].Data), "- \"a:1\"\n")
	accepted(t, r)
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	const job = "scrape_configs:\n- job_name: a\n  metrics_path: /probe\n  params: {module: [%s]}\n  relabel_configs: [{source_labels: [__address__], target_label: __param_target}]\n  static_configs:\n  - targets: [%q]\n"
	for _, tc := range []struct{ modules, jobs, want string }{
		{"modules: {a: {prober: http, htp: {}}}\n", "", `b.yml:1: unknown key "htp"`},
		{"modules:\n  a: {prober: http, http: {fail_if_body_matches_regexp: ['(']}}\n", "", "b.yml:2: modules.a.http.fail_if_body_matches_regexp[0]: "},
		{"modules: [\n", "", "b.yml:"},
		{"", fmt.Sprintf(job, "nothing", "http://a"), "p.yml:7: scrape_configs[0].static_configs[0]: there is no module \"nothing\""},
		{"", "scrape_configs: {}\n", "p.yml:1: scrape_configs: found a mapping, want a list"},
		{"", "scrape_configs: [{job_name: a}, {job_name: a}]\n", "p.yml:1: scrape_configs[1]: each job has a job_name of its own"},
		{"", "", "p.yml: there is nothing in it"},
	} {
		_, err := blackbox.Convert(blackbox.Sources{Blackbox: blackbox.Source{Name: "b.yml", Data: []byte(tc.modules)}, Prometheus: blackbox.Source{Name: "p.yml", Data: []byte(tc.jobs)}}, convert.Options{})
		require.ErrorContains(t, err, tc.want)
	}
}

// FuzzConvert has whatever is converted read as Pharos does.
func FuzzConvert(f *testing.F) {
	all := sources(f)
	f.Add(all.Blackbox.Data, all.Prometheus.Data)
	f.Add([]byte("modules: {a: }\n"), []byte("scrape_configs: []\n"))
	f.Fuzz(func(t *testing.T, modules, jobs []byte) {
		r, err := blackbox.Convert(blackbox.Sources{Blackbox: blackbox.Source{Name: "b.yml", Data: modules}, Prometheus: blackbox.Source{Name: "p.yml", Data: jobs}}, convert.Options{Dir: "/etc/pharos"})
		if err != nil {
			require.Empty(t, r.Files)
			return
		}
		accepted(t, r)
	})
}

// BenchmarkConvert converts 10,000 replicas.
func BenchmarkConvert(b *testing.B) {
	var text strings.Builder
	text.WriteString("scrape_configs:\n- job_name: a\n  metrics_path: /probe\n  params: {module: [http_2xx]}\n  relabel_configs: [{source_labels: [__address__], target_label: __param_target}]\n  static_configs:\n  - targets:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "    - https://host-%d.example.com/\n", i)
	}
	for b.Loop() {
		_, err := blackbox.Convert(blackbox.Sources{Prometheus: blackbox.Source{Name: "p.yml", Data: []byte(text.String())}}, convert.Options{})
		require.NoError(b, err)
	}
}
