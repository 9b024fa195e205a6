// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/pharos-status/pharos/internal/testkit"
)

// An exchange is a request of Vigil's API and its answer.
type exchange struct {
	method, path, token string // ID in the path stands for the last id that was answered
	body                string
	code                int
	answer              string // a regular expression that the whole answer matches; empty: nothing is answered
	differs             string // why a real Vigil answers otherwise; empty: it does not
}

// vigilAPI is all of Vigil's API, in an order in which each answer is known.
func vigilAPI() []exchange {
	var all []exchange
	all = append(all, reporterAPI()...)
	all = append(all, flushAPI()...)
	all = append(all, publicAPI()...)
	return append(all, managerAPI()...)
}

func reporterAPI() []exchange {
	post := func(path, token, body string, code int) exchange {
		return exchange{method: http.MethodPost, path: path, token: token, body: body, code: code}
	}
	const (
		push, local = "/reporter/relay/socket-client", "/reporter/internal/gateway"
		load        = `{"replica": "10.0.0.1:80", "interval": 600, "load": {"cpu": 0.30, "ram": 0.40}}`
		health      = `{"replica": "tcp://10.0.0.2:80/a b", "interval": 600, "health": "healthy"}`
	)
	fractional := post(push, movingReporter, strings.Replace(load, "600,", "600.0,", 1), http.StatusOK)
	fractional.differs = "Vigil takes whole seconds only, which its own Python client does not send"
	return []exchange{
		post(push+"/", movingReporter, load, http.StatusOK),
		post(push, movingReporter, load, http.StatusOK),
		post("/"+push+"/", movingReporter, load, http.StatusOK),
		post("/reporter/relay/visitor%20sockets/", movingReporter, load, http.StatusOK),
		post(local+"/", movingReporter, health, http.StatusOK),
		post("/"+local, movingReporter, health, http.StatusOK),
		fractional,
		post(push+"/", "wrong", load, http.StatusForbidden),
		post(push+"/", movingManager, load, http.StatusForbidden),
		post(push+"/", "", load, http.StatusUnauthorized),
		post(push+"/", movingReporter, `{"replica": "a", "interval": 30, "load": {"cpu": -0.1, "ram": 0.4}}`, http.StatusBadRequest),
		post(push+"/", movingReporter, `{"replica": "a", "interval": 30}`, http.StatusBadRequest),
		post(push+"/", movingReporter, `{"replica": "a", "interval": 30, "load": {"cpu": 0.1}}`, http.StatusBadRequest),
		post(push+"/", movingReporter, `{"replica": "a"`, http.StatusBadRequest),
		post(local+"/", movingReporter, `{"replica": "a", "interval": 30, "health": "well"}`, http.StatusBadRequest),
		post("/reporter/nobody/socket-client/", movingReporter, load, http.StatusNotFound),
		post("/reporter/relay/nobody/", movingReporter, load, http.StatusNotFound),
		post(push+"/", movingReporter, health, http.StatusPreconditionFailed),
		post(local+"/", movingReporter, load, http.StatusPreconditionFailed),
		post("/reporter/web/router/", movingReporter, load, http.StatusPreconditionFailed),
		post("/reporter/web/router/", movingReporter, health, http.StatusPreconditionFailed),
		post("/reporter/internal/disk/", movingReporter, health, http.StatusPreconditionFailed),
	}
}

func flushAPI() []exchange {
	report := func(path, replica, what string) exchange {
		return exchange{
			method: http.MethodPost, path: path, token: movingReporter, code: http.StatusOK,
			body: fmt.Sprintf(`{"replica": %q, "interval": 30, %s}`, replica, what),
		}
	}
	flush := func(path, token string, code int) exchange {
		return exchange{method: http.MethodDelete, path: path, token: token, code: code}
	}
	return []exchange{
		report("/reporter/relay/socket-client/", "10.0.0.9:80", `"load": {"cpu": 0, "ram": 0}`),
		flush("/reporter/relay/socket-client/10.0.0.9:80/", "wrong", http.StatusForbidden),
		flush("/reporter/relay/socket-client/10.0.0.9:80/", movingReporter, http.StatusOK),
		flush("/reporter/relay/socket-client/10.0.0.9:80/", movingReporter, http.StatusNotFound),
		report("/reporter/internal/gateway/", "tcp://10.0.0.9:80", `"health": "sick"`),
		flush("//reporter/internal/gateway/tcp%3A%2F%2F10.0.0.9%3A80", movingReporter, http.StatusOK),
		flush("/reporter/relay/nobody/10.0.0.9:80/", movingReporter, http.StatusNotFound),
		flush("/reporter/web/router/icmp%3A%2F%2F127.0.0.1/", movingReporter, http.StatusPreconditionFailed),
		flush("/reporter/internal/disk/0/", movingReporter, http.StatusPreconditionFailed),
	}
}

func publicAPI() []exchange {
	get := func(path string, code int, answer string) exchange {
		return exchange{method: http.MethodGet, path: path, code: code, answer: answer}
	}
	const node = `\{"status":"healthy","name":"[^"]+","replicas":\[.*\]\}|\{"name":"[^"]+","status":"healthy","replicas":\[.*\]\}`
	return []exchange{
		get("/status/text", http.StatusOK, "healthy"),
		get("/status/text/", http.StatusOK, "healthy"),
		get("/status/report", http.StatusOK, `(?s)\{"health":"healthy","page":\{.*`),
		get("/status/report/", http.StatusOK, `(?s).*(`+node+`).*`),
		get("/badge/icon", http.StatusOK, `(?s).*<svg.*`),
		get("/badge/color/", http.StatusOK, `(?s).*<svg.*`),
		get("/badge/nothing", http.StatusNotFound, `(?s).*`),
		get("/robots.txt", http.StatusOK, `(?si).*user-agent.*`),
		get("/", http.StatusOK, `(?s).*Example Ltd.*`),
	}
}

func managerAPI() []exchange {
	call := func(method, path, token, body string, code int, answer string) exchange {
		return exchange{method: method, path: path, token: token, body: body, code: code, answer: answer}
	}
	const announcement, announcements, ignored = "/manager/announcement/", "/manager/announcements/", "/manager/prober/alerts/ignored/"
	return []exchange{
		call(http.MethodGet, announcements, movingManager, "", http.StatusOK, `\[\]`),
		call(http.MethodGet, announcements, movingReporter, "", http.StatusForbidden, `(?s).*`),
		call(http.MethodGet, announcements, "", "", http.StatusUnauthorized, `(?s).*`),
		call(http.MethodPost, announcement, movingManager, `{"title": "", "text": "b"}`, http.StatusBadRequest, `(?s).*`),
		call(http.MethodPost, announcement, movingManager, `{"title": "a"}`, http.StatusBadRequest, `(?s).*`),
		call(http.MethodPost, announcement, movingManager, `{"title": "New region", "text": "We are in Paris."}`, http.StatusOK, `\{"id":"[^"]+"\}`),
		call(http.MethodGet, announcements, movingManager, "", http.StatusOK, `\[\{"id":"[^"]+","title":"New region"\}\]`),
		call(http.MethodDelete, "/manager/announcement/none/", movingManager, "", http.StatusNotFound, `(?s).*`),
		call(http.MethodDelete, "/manager/announcement/ID/", movingManager, "", http.StatusOK, ""),
		call(http.MethodDelete, "/manager/announcement/ID/", movingManager, "", http.StatusNotFound, `(?s).*`),
		call(http.MethodGet, "//manager/announcements", movingManager, "", http.StatusOK, `\[\]`),
		call(http.MethodGet, "/manager/prober/alerts/", movingManager, "", http.StatusOK, `\{"dead":\[\],"sick":\[\]\}`),
		call(http.MethodGet, ignored, movingManager, "", http.StatusOK, `\{"reminders_seconds":null\}`),
		call(http.MethodPut, ignored, movingManager, `{"reminders_seconds": 600}`, http.StatusOK, ""),
		call(http.MethodGet, ignored, movingManager, "", http.StatusOK, `\{"reminders_seconds":(600|5[89]\d)\}`),
		call(http.MethodPut, ignored, movingManager, `{"reminders_seconds": "soon"}`, http.StatusBadRequest, `(?s).*`),
		call(http.MethodPut, ignored, movingManager, `{"reminders_seconds": null}`, http.StatusOK, ""),
		call(http.MethodGet, ignored, movingManager, "", http.StatusOK, `\{"reminders_seconds":null\}`),
	}
}

// String says what is asked.
func (e exchange) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s :%s %s", e.method, e.path, e.token, e.body))
}

// An answer is what curl got.
type answer struct {
	code       int
	kind, body string
}

// curl sends the request and returns the answer.
func (e exchange) curl(t *testing.T, base, id string) answer {
	t.Helper()
	out := filepath.Join(t.TempDir(), "body")
	args := []string{"-sS", "--max-time", "20", "--path-as-is", "-o", out, "-w", "%{http_code} %{content_type}", "-X", e.method}
	if e.token != "" {
		args = append(args, "-u", ":"+e.token)
	}
	if e.body != "" {
		args = append(args, "-H", "Content-Type: application/json", "--data-binary", e.body)
	}
	cmd := exec.CommandContext(t.Context(), testkit.Program(t, "curl"), append(args, base+strings.Replace(e.path, "/ID/", "/"+id+"/", 1))...)
	var problems strings.Builder
	cmd.Stderr = &problems
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v %s", e, err, problems.String())
	}
	code, kind, _ := strings.Cut(string(said), " ")
	a := answer{kind: kind}
	if a.code, err = strconv.Atoi(code); err != nil {
		t.Fatalf("%s: curl says %q", e, said)
	}
	body, err := os.ReadFile(out)
	if err != nil && !os.IsNotExist(err) { // curl makes no file of no body
		t.Fatal(err)
	}
	a.body = string(body)
	return a
}

// asked sends all requests and returns their answers.
func asked(t *testing.T, base string, all []exchange) (answers []answer) {
	t.Helper()
	var id string
	for _, e := range all {
		a := e.curl(t, base, id)
		answers = append(answers, a)
		var made struct {
			ID string `json:"id"`
		}
		if json.Unmarshal([]byte(a.body), &made) == nil && made.ID != "" {
			id = made.ID
		}
	}
	return answers
}

// as tells what of an answer is not as it is to be.
func (e exchange) as(a answer) error {
	want := "^(?:" + e.answer + ")$"
	if compact := new(bytes.Buffer); json.Compact(compact, []byte(a.body)) == nil {
		a.body = compact.String()
	}
	a.body = strings.TrimSpace(a.body)
	if e.code == http.StatusForbidden && a.code == http.StatusUnauthorized {
		a.code = e.code // Vigil tells a wrong token from a missing one; clients don't
	}
	if e.answer == "" && a.code >= http.StatusBadRequest {
		want = `(?s).*` // clients look at the status alone
	}
	if a.code != e.code || !regexp.MustCompile(want).MatchString(a.body) {
		return fmt.Errorf("%s\nis answered with %d %s %.300q,\nnot with %d %s", e, a.code, a.kind, a.body, e.code, e.answer)
	}
	return nil
}

// reportByMCP returns what the tool of Vigil's MCP server answers.
func reportByMCP(t *testing.T, base string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).
		Connect(ctx, &sdk.StreamableClientTransport{Endpoint: base + "/mcp/probes", MaxRetries: -1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	result, err := session.CallTool(ctx, &sdk.CallToolParams{Name: "get_report"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
