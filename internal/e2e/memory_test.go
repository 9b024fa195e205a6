// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"github.com/pharos-status/pharos/internal/testkit"
)

var settle = flag.Duration("e2e.settle", time.Minute, "how long programs run before their memory is measured")

// crowd writes an exporter.yml with n replicas at the default settings.
func crowd(t testing.TB, n int) (config string) {
	t.Helper()
	site := newTarget(t)
	var b strings.Builder
	b.WriteString("services:\n")
	for s := range 10 {
		fmt.Fprintf(&b, "  - id: service-%d\n    label: Service %d\n    nodes:\n", s, s)
		for node := range 6 {
			fmt.Fprintf(&b, "      - id: node-%d\n        label: Node %d\n        mode: poll\n        replicas:\n", node, node)
			for r := s*6 + node; r < n; r += 60 {
				fmt.Fprintf(&b, "          - %s/%d\n", site.URL, r)
			}
		}
	}
	config = t.TempDir()
	write(t, config, "exporter.yml", b.String())
	return config
}

// resident returns the resident memory of a process in MB.
func resident(b testing.TB, p *program) float64 {
	b.Helper()
	proc, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	stat, err := proc.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return float64(stat.ResidentMemory()) / 1e6
}

// BenchmarkResidentMemory measures the memory of the programs with 500 replicas,
// the flag -e2e.settle after their start.
func BenchmarkResidentMemory(b *testing.B) {
	for b.Loop() {
		config := crowd(b, 500)
		whole := startAllInOne(b, config, b.TempDir())
		address := testkit.FreePort(b)
		exporter := start(b, ours("pharos_exporter"), "--config.file="+filepath.Join(config, "exporter.yml"),
			"--storage.path="+b.TempDir(), "--web.listen-address="+address)
		scrape := time.NewTicker(15 * time.Second) // as a Prometheus would
		for end := time.Now().Add(*settle); time.Now().Before(end); <-scrape.C {
			mustGet(b, whole.page+"/")
			answers(b, "http://"+address+"/metrics")
		}
		scrape.Stop()
		b.ReportMetric(resident(b, whole.program), "pharos-MB")
		b.ReportMetric(resident(b, exporter), "exporter-MB")
		exporter.stop(b)
		whole.stop(b)
	}
	b.ReportMetric(0, "ns/op")
}

// TestSizes keeps the programs small enough to be copied about.
func TestSizes(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int64{"pharos": 85e6, "pharos_statuspage": 40e6, "pharos_exporter": 40e6, "pharos_reporter": 30e6, "pharosctl": 50e6} {
		info, err := os.Stat(ours(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f MB", name, float64(info.Size())/1e6)
		if info.Size() > most {
			t.Errorf("%s has %d bytes, more than %d", name, info.Size(), most)
		}
	}
}
