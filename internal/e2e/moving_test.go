// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestMovingFromVigil converts a configuration that has every setting of Vigil, starts
// pharos as the converter says, and has it do what Vigil did: for its clients, its
// visitors, and those whom it notifies.
func TestMovingFromVigil(t *testing.T) {
	signer := trusted(t)
	w := newVigilWorld(t, newNeighbours(t), signer, "/etc/vigil/assets/")
	a := w.move(t)

	// Nodes that nobody has reported to are unknown: Vigil calls them healthy.
	t.Run("reporter of npm", func(t *testing.T) { reportByNode(t, a.page) })
	for _, e := range reporterAPI()[:6] {
		if err := e.as(e.curl(t, a.page, "")); err != nil {
			t.Fatal(err)
		}
	}
	shows(t, a.page+"/status/text", "healthy")

	t.Run("api", func(t *testing.T) {
		all := vigilAPI()
		for i, got := range asked(t, a.page, all) {
			if err := all[i].as(got); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("mcp", func(t *testing.T) {
		if report := reportByMCP(t, a.page); !strings.Contains(report, `"healthy"`) || !strings.Contains(report, `"Relay nodes"`) {
			t.Errorf("get_report answers %s", report)
		}
	})
	t.Run("startup", func(t *testing.T) { w.gets(t, "/webhook", `"type":"startup"`) })
	t.Run("notifications", func(t *testing.T) { w.tells(t, a.page, 1) })
	if regexp.MustCompile(`(slack|zulip|twilio|telegram|gotify|matrix|webex|header)-(token|key|secret)|secret of the mailbox|-token-of-vigil`).MatchString(a.log.String()) {
		t.Error("the log has a secret")
	}
	a.stop(t)
}

// trusted returns an authority that the programs of the test trust.
func trusted(t *testing.T) *authority {
	t.Helper()
	signer := newAuthority(t)
	trust := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trust, signer.pem, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", trust)
	return signer
}

// move converts the configuration, and starts what pharosctl says is to be started.
func (w *vigilWorld) move(t *testing.T) *allInOne {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "config")
	convert := func() string {
		cmd := exec.CommandContext(t.Context(), ours("pharosctl"), "convert", "vigil", w.config, "--out="+dir)
		cmd.Env = append(os.Environ(), w.env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("convert: %v\n%s", err, out)
		}
		return string(out)
	}
	said := convert()
	if again := convert(); !strings.Contains(again, "unchanged: ") || strings.Contains(again, "written: ") {
		t.Errorf("converted again:\n%s", again)
	}
	line := regexp.MustCompile(`(?m)^    pharos (.*)$`).FindStringSubmatch(said)
	if line == nil {
		t.Fatalf("it does not say how to start:\n%s", said)
	}
	a := &allInOne{config: dir, data: t.TempDir(), page: "http://" + w.listen}
	ops := testkit.FreePort(t)
	a.ops = "http://" + ops
	args := append(strings.Fields(strings.ReplaceAll(line[1], "'", "")), "--storage.path="+a.data, "--ops.listen-address="+ops)
	a.program = start(t, ours("pharos"), args...)
	answers(t, a.ops+"/-/ready")
	return a
}

// reportByNode runs the real npm package vigil-reporter.
func reportByNode(t *testing.T, base string) {
	t.Helper()
	node := testkit.Program(t, "node")
	folder := filepath.Join("..", "..", "collector", "push", "testdata", "npm")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "vigil-reporter", "package.json")); err != nil {
		testkit.Skip(t, "the npm package vigil-reporter is not installed; run npm ci in "+folder)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "report.js", base, movingReporter, "relay", "visitor sockets", "192.168.1.10", "3")
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), `"succeeded"`) != 3 || strings.Contains(string(out), `"problem"`) {
		t.Fatalf("the reporter: %v\n%s", err, out)
	}
	// It reports the load of this machine, which may be high, and never says that it ends.
	flush := exchange{method: http.MethodDelete, path: "/reporter/relay/visitor%20sockets/192.168.1.10/", token: movingReporter, code: http.StatusOK}
	if err := flush.as(flush.curl(t, base, "")); err != nil {
		t.Fatal(err)
	}
}

// tells has a target die and live again, and sees that every channel which is told of
// changes is told.
func (w *vigilWorld) tells(t *testing.T, base string, replicas int) {
	t.Helper()
	w.broken.Store(true)
	shows(t, base+"/status/text", "dead")
	var hook struct {
		Type, Status, Time string
		Replicas           []string
		Page               struct{ Title, URL string }
	}
	if err := json.Unmarshal([]byte(w.gets(t, "/webhook", `"changed"`, `"dead"`)), &hook); err != nil {
		t.Fatal(err)
	}
	if hook.Status != "dead" || len(hook.Replicas) != replicas || !strings.HasPrefix(hook.Replicas[0], "web:mortal:http://"+w.mortal) ||
		hook.Page.Title != "Example Status" || hook.Page.URL != "https://status.example.com/" {
		t.Errorf("the webhook gets %+v", hook)
	}
	w.gets(t, "/slack", "mortal")
	select {
	case l := <-w.box.mails:
		if l.to != "oncall@example.com" || l.from != "status@example.com" {
			t.Errorf("a mail from %s to %s", l.from, l.to)
		}
	case <-time.After(patience):
		t.Error("no mail came")
	}
	for _, path := range []string{"/zulip/", "/gotify/", "/matrix/", "/webex/"} {
		w.gets(t, path)
	}
	alerts := exchange{
		method: http.MethodGet, path: "/manager/prober/alerts/", token: movingManager, code: http.StatusOK,
		answer: `\{"dead":\[\{"probe":"web","node":"mortal","replica":"http://` + w.mortal + `/?"\}\],"sick":\[\]\}`,
	}
	if err := alerts.as(alerts.curl(t, base, "")); err != nil {
		t.Error(err)
	}
	w.broken.Store(false)
	shows(t, base+"/status/text", "healthy")
	w.gets(t, "/webhook", `"changed"`, `"healthy"`)
}
