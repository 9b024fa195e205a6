// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestTenMinutes does what the README says under that heading, in a folder that
// has bin/ and scripts/ as a clone has them after make build: on other ports, and
// with a target of this machine.
func TestTenMinutes(t *testing.T) {
	t.Parallel()
	testkit.Program(t, "curl")
	text := read(t, "../../README.md")
	_, text, _ = strings.Cut(text, "\n## Ten minutes\n")
	text, _, _ = strings.Cut(text, "\n## ")

	site, public, ops := newTarget(t), testkit.FreePort(t), testkit.FreePort(t)
	text = strings.NewReplacer("https://example.com", site.URL, "example.com:443", site.Listener.Addr().String(),
		"127.0.0.1:8080", public, "127.0.0.1:9640", ops).Replace(text)
	clone := t.TempDir()
	for name, folder := range map[string]string{"bin": bin, "scripts": absolute(t, "../../scripts")} {
		if err := os.Symlink(folder, filepath.Join(clone, name)); err != nil {
			t.Fatal(err)
		}
	}

	var reports, starts int
	for _, block := range regexp.MustCompile("(?ms)^```(sh|yaml)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if block[1] == "yaml" {
			write(t, clone, "my/exporter.yml", block[2])
			continue
		}
		for _, command := range commands(block[2]) {
			if args, ok := strings.CutPrefix(command, "bin/pharos "); ok {
				flags := strings.Fields(strings.ReplaceAll(args, "=my", "="+clone+"/my"))
				start(t, ours("pharos"), append(flags, "--web.listen-address="+public, "--ops.listen-address="+ops)...)
				answers(t, "http://"+ops+"/-/ready")
				starts++
				continue
			}
			shell(t, clone, command)
			reports += strings.Count(command, "/reporter/")
		}
	}
	if starts != 1 || reports != 1 {
		t.Fatalf("the README starts Pharos %d times and reports %d times", starts, reports)
	}
	eventually(t, "the page knows both nodes", func() bool {
		_, body, err := get("http://" + public + "/status/text")
		return err == nil && body == "healthy"
	})
}

// curls runs the requests that a document shows as indented blocks, against an
// all-in-one. ID in a later one is the id that an earlier one was answered.
func curls(t *testing.T, document string, replace *strings.Replacer) (ran int) {
	t.Helper()
	testkit.Program(t, "curl")
	var id string
	for _, command := range commands(strings.ReplaceAll(read(t, document), "\n    ", "\n")) {
		if !strings.HasPrefix(command, "curl ") {
			continue
		}
		ran++
		out := shell(t, ".", strings.ReplaceAll(replace.Replace(command), "/ID/", "/"+id+"/"))
		var answer struct {
			ID string `json:"id"`
		}
		if json.Unmarshal([]byte(out), &answer) == nil {
			id = answer.ID
		}
	}
	return ran
}

// commands joins lines that end in a backslash with those that follow.
func commands(text string) []string {
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\\\n", "")), "\n")
}

// shell runs a command, in which curl fails for a status of 400 or more.
func shell(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-euc", "curl() { command curl -fsS \"$@\"; }\n"+command)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}
