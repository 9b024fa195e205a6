// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pharos-status/pharos/internal/testkit"
)

// TestBesideVigil asks a real Vigil, and pharos with its configuration converted, the
// same, and compares the answers. VIGIL_ASSETS names the assets of Vigil, where they are
// not where its package puts them.
func TestBesideVigil(t *testing.T) {
	program := testkit.Program(t, "vigil")
	assets := os.Getenv("VIGIL_ASSETS")
	if assets == "" {
		assets = "/etc/vigil/assets"
	}
	if _, err := os.Stat(filepath.Join(assets, "templates")); err != nil {
		testkit.Skip(t, "the assets of Vigil are not in "+assets+"; name them by VIGIL_ASSETS")
	}
	signer, near := trusted(t), newNeighbours(t)
	theirs, mine := newVigilWorld(t, near, signer, assets), newVigilWorld(t, near, signer, assets)
	theirs.startVigil(t, program)
	a := mine.move(t)
	bases := []string{"http://" + theirs.listen, a.page}

	for _, base := range bases {
		for _, e := range reporterAPI()[:6] {
			e.curl(t, base, "")
		}
		shows(t, base+"/status/text", "healthy")
	}
	all := vigilAPI()
	want, got := asked(t, bases[0], all), asked(t, bases[1], all)
	for i, e := range all {
		if err := e.as(want[i]); err != nil && e.differs == "" {
			t.Errorf("Vigil: %v", err)
		}
		if diff := cmp.Diff(want[i].shape(e), got[i].shape(e)); diff != "" && e.differs == "" {
			t.Errorf("%s (-Vigil +pharos):\n%s", e, diff)
		}
	}
	for _, base := range bases {
		if report := reportByMCP(t, base); !strings.Contains(report, `"Relay nodes"`) {
			t.Errorf("get_report of %s answers %s", base, report)
		}
	}

	near.broken.Store(true)
	for _, w := range []*vigilWorld{theirs, mine} {
		shows(t, "http://"+w.listen+"/status/text", "dead")
	}
	compareNotifications(t, theirs, mine, "dead")
	compareReports(t, bases)
	near.broken.Store(false)
	for _, w := range []*vigilWorld{theirs, mine} {
		shows(t, "http://"+w.listen+"/status/text", "healthy")
	}
	compareNotifications(t, theirs, mine, "healthy")
}

// startVigil runs a Vigil in the same environment.
func (w *vigilWorld) startVigil(t *testing.T, path string) {
	t.Helper()
	cmd := exec.Command(path, "-c", w.config)
	cmd.Env = append(os.Environ(), w.env...)
	run(t, cmd)
	answers(t, "http://"+w.listen+"/status/text")
}

// compareReports compares what both say of the dead.
func compareReports(t *testing.T, bases []string) {
	t.Helper()
	report := exchange{method: http.MethodGet, path: "/status/report"}
	alerts := exchange{method: http.MethodGet, path: "/manager/prober/alerts/", token: movingManager}
	for _, e := range []exchange{report, alerts} {
		want, got := e.curl(t, bases[0], "").shape(e), e.curl(t, bases[1], "").shape(e)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s while one is dead (-Vigil +pharos):\n%s", e, diff)
		}
	}
}

// compareNotifications compares what the webhooks get.
func compareNotifications(t *testing.T, theirs, mine *vigilWorld, status string) {
	t.Helper()
	clock := regexp.MustCompile(`"time": *"\d\d:\d\d:\d\d UTC[+-]\d\d:?\d\d"`)
	hook := func(w *vigilWorld) any {
		body := w.gets(t, "/webhook", `"changed"`, `"`+status+`"`)
		if !clock.MatchString(body) {
			t.Errorf("no time in %s", body)
		}
		return sorted(t, clock.ReplaceAllString(body, `"time":""`))
	}
	if diff := cmp.Diff(hook(theirs), hook(mine)); diff != "" {
		t.Errorf("the webhook of %s (-Vigil +pharos):\n%s", status, diff)
	}
	theirs.gets(t, "/slack")
	mine.gets(t, "/slack")
}

// A shape is what of an answer has to be alike.
type shape struct {
	Code int
	Kind string
	JSON any
}

// shape leaves out what differs each time, such as ids, what is said of errors, and
// what images and pages look like.
func (a answer) shape(e exchange) shape {
	s := shape{Code: a.code}
	if e.code == http.StatusForbidden && a.code == http.StatusUnauthorized {
		s.Code = e.code // as in exchange.as
	}
	if a.code >= http.StatusBadRequest {
		return s
	}
	s.Kind, _, _ = strings.Cut(a.kind, ";")
	text := regexp.MustCompile(`"id":"[^"]*"`).ReplaceAllString(a.body, `"id":""`)
	text = regexp.MustCompile(`"reminders_seconds":\d+`).ReplaceAllString(text, `"reminders_seconds":1`)
	if json.Unmarshal([]byte(text), &s.JSON) != nil {
		s.JSON = nil
		if strings.HasPrefix(e.path, "/status/text") {
			s.JSON = a.body
		}
	}
	return s
}

func sorted(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
