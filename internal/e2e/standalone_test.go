// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A statusReport is what /status/report says.
type statusReport struct {
	Health string `json:"health"`
	Probes []struct {
		Name  string `json:"name"`
		Nodes []struct {
			Name     string   `json:"name"`
			Status   string   `json:"status"`
			Replicas []string `json:"replicas"`
		} `json:"nodes"`
	} `json:"probes"`
}

// TestStandaloneExample runs what make run runs, on other ports.
func TestStandaloneExample(t *testing.T) {
	t.Parallel()
	public, ops := testkit.FreePort(t), testkit.FreePort(t)
	config := t.TempDir()
	copyExample(t, "../../examples/standalone", config, strings.NewReplacer(
		"127.0.0.1:8080", public, "127.0.0.1:9640", ops))
	if out, err := exec.Command("../../scripts/tokens.sh", config).CombinedOutput(); err != nil {
		t.Fatalf("make the tokens: %v\n%s", err, out)
	}
	a := startAllInOneAt(t, config, t.TempDir(), public, ops)

	var report statusReport
	eventually(t, "every node of the example is known", func() bool {
		_, body, err := get(a.page + "/status/report")
		report = statusReport{}
		return err == nil && json.Unmarshal([]byte(body), &report) == nil && unknownNodes(report) == 0
	})
	nodes := 0
	for _, service := range report.Probes {
		for _, node := range service.Nodes {
			nodes++
			if node.Status == "dead" {
				t.Errorf("%s / %s is dead", service.Name, node.Name)
			}
			if len(node.Replicas) == 0 {
				t.Errorf("%s / %s has no replicas", service.Name, node.Name)
			}
		}
	}
	if nodes < 5 {
		t.Errorf("the example watches %d nodes", nodes)
	}
	if ran := curls(t, "../../examples/standalone/README.md", strings.NewReplacer(
		"127.0.0.1:8080", public, "examples/standalone", config)); ran != 3 {
		t.Errorf("the README of the example shows %d requests", ran)
	}
	a.stop(t)
}

// unknownNodes counts the nodes of which nothing is known, apart from those that
// need a permission which the machine may not give.
func unknownNodes(r statusReport) (n int) {
	for _, service := range r.Probes {
		for _, node := range service.Nodes {
			if node.Status == "unknown" && !strings.Contains(node.Name, "ICMP") {
				n++
			}
		}
	}
	if len(r.Probes) == 0 {
		return 1
	}
	return n
}

func copyExample(t *testing.T, from, to string, replace *strings.Replacer) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", from, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, to, filepath.Base(path), replace.Replace(string(text)))
	}
}
