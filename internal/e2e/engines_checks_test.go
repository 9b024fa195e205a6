// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestOthersCheckTheRules lets the programs of others check the rule files as they
// are.
func TestOthersCheckTheRules(t *testing.T) {
	t.Parallel()
	files := ruleFiles(t, sceneChoices)
	for name, c := range map[string]struct {
		program func(*testing.T) string
		native  bool
		leave   *regexp.Regexp
		args    func(dir string) []string
	}{
		"promtool 2.42": {program: installed("promtool"), args: func(dir string) []string {
			all, _ := filepath.Glob(dir + "/*.yml")
			return append([]string{"check", "rules"}, all...)
		}},
		"vmalert 1.79": {program: installed("vmalert"), leave: keepFiring(), args: func(dir string) []string { return []string{"-dryRun", "-rule=" + dir + "/*.yml"} }},
		"thanos 0.42":  {program: thanosProgram, native: true, args: func(dir string) []string { return []string{"tools", "rules-check", "--rules=" + dir + "/*.yml"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyRules(t, files, c.native, func(text string) string { return without(text, c.leave) })
			out, err := exec.CommandContext(t.Context(), c.program(t), c.args(dir)...).CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func installed(name string) func(*testing.T) string {
	return func(t *testing.T) string { t.Helper(); return testkit.Program(t, name) }
}

// keepFiring matches what vmalert learned after 1.79.
func keepFiring() *regexp.Regexp { return regexp.MustCompile(`(?m)^ +keep_firing_for:.*\n`) }

func without(text string, lines *regexp.Regexp) string {
	if lines == nil {
		return text
	}
	return lines.ReplaceAllString(text, "")
}

// copyRules returns a folder with the rule files as edit leaves them.
func copyRules(t *testing.T, from string, native bool, edit func(string) string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, "*.rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for _, file := range files {
		if native || !isNative(file) {
			write(t, to, filepath.Base(file), edit(read(t, file)))
		}
	}
	return to
}

// TestSeparateExampleNamesEveryFile keeps the list of prometheus.yml: every file is
// in it, and what Prometheus 2.42 cannot read is commented out.
func TestSeparateExampleNamesEveryFile(t *testing.T) {
	t.Parallel()
	config := read(t, "../../examples/separate/prometheus.yml")
	files, err := filepath.Glob("../../rules/*.rules.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d rule files: %v", len(files), err)
	}
	for _, file := range files {
		line := "\n  - " + file
		if isNative(file) {
			line = "\n  # - " + file
		}
		if strings.Count(config, line) != 1 {
			t.Errorf("examples/separate/prometheus.yml lacks the line %q", line)
		}
	}
}
