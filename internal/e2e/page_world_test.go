// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pharos-status/pharos/internal/testkit"
)

// A world is a pharos with a company's past, over HTTPS, and what is around it: the
// targets that it watches, and a mailbox.
type world struct {
	t       *testing.T
	targets *targets
	box     *mailbox
	args    []string
	client  *http.Client
	public  string // host:port
	ops     string // likewise
	pharos  *program
	control *httptest.Server // by which scripts change the world
}

// targets are the servers that are watched: below the path of a node.
type targets struct {
	*httptest.Server
	mu     sync.Mutex
	states map[string]string // service/node → dead or sick
}

const worldYML = `
refresh_interval: 1s
stale_after: 1m
branding:
  page_title: Nordwind Status
  company_name: Nordwind
  page_url: "https://PUBLIC/"
  website_url: "https://www.example.com/"
  support_url: "mailto:support@example.com"
  icon_color: "#0b5cad"
manager: {token: manage-me}
admin: {users: [{name: anna, password: a long password}]}
components:
  - {id: checkout-errors, group: payments, label: Errors at checkout, expr: "vector(0.31)", unit: "%", show_value: true, thresholds: {sick_above: 1, dead_above: 5}}
subscribers:
  email:
    smarthost: MAIL
    from: Nordwind Status <status@example.com>
    auth_username: pharos
    auth_password: secret of the mailbox
    tls_config: {ca_file: ca.pem}
pages:
  - {id: staff, hosts: [localhost], branding: {page_title: Nordwind inside, page_url: "https://localhost:PORT/"}, access: {password: open sesame}}
`

// newWorld starts it with the past of a company, in which one thing is dead and one of
// which nothing is known.
func newWorld(t *testing.T) *world {
	t.Helper()
	promtool := testkit.Program(t, "promtool")
	signer := newAuthority(t)
	w := &world{t: t, targets: newTargets(t), box: newMailbox(t, signer), client: careless(t), public: testkit.FreePort(t), ops: testkit.FreePort(t)}
	config, data, c := t.TempDir(), t.TempDir(), newCompany()
	_, port, _ := net.SplitHostPort(w.public)
	write(t, config, "exporter.yml", c.exporterYML(w.targets.URL))
	write(t, config, "statuspage.yml", strings.NewReplacer("PUBLIC", w.public, "PORT", port, "MAIL", w.box.address).Replace(worldYML))
	write(t, config, "ca.pem", string(signer.pem))
	certificate, key := testkit.Certificate(t, time.Now().Add(dayLength))
	write(t, config, "web.crt", certificate)
	write(t, config, "web.key", key)
	write(t, config, "web.yml", "tls_server_config: {cert_file: web.crt, key_file: web.key}\n")

	write(t, config, "past.txt", c.openMetrics(time.Now().UTC().Add(-time.Minute)))
	past := exec.CommandContext(t.Context(), promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1500h",
		filepath.Join(config, "past.txt"), filepath.Join(data, "prometheus"))
	if out, err := past.CombinedOutput(); err != nil {
		t.Fatalf("write the past: %v\n%s", err, out)
	}
	w.args = []string{
		"--config.dir=" + config, "--storage.path=" + data, "--web.config.file=" + filepath.Join(config, "web.yml"),
		"--web.listen-address=" + w.public, "--ops.listen-address=" + w.ops,
	}
	w.start()
	w.report()
	w.control = httptest.NewServer(w.routes())
	t.Cleanup(w.control.Close)
	w.settle()
	return w
}

// careless returns a client that trusts every certificate.
func careless(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a test's own server
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func newTargets(t *testing.T) *targets {
	t.Helper()
	g := &targets{states: map[string]string{"infrastructure/virginia": "dead"}}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *targets) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	if len(parts) != 4 {
		http.NotFound(rw, r)
		return
	}
	g.mu.Lock()
	state := g.states[parts[1]+"/"+parts[2]]
	g.mu.Unlock()
	if state == "dead" {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
}

// turn makes a node dead, or well again.
func (g *targets) turn(node, state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.states[node] = state
}

func (w *world) start() {
	w.t.Helper()
	w.pharos = start(w.t, ours("pharos"), w.args...)
	answers(w.t, "http://"+w.ops+"/-/ready")
}

// report tells of the job queue; nobody tells of the fax gateway.
func (w *world) report() {
	w.t.Helper()
	for replica, cpu := range map[string]float64{"jobs-1": 0.31, "jobs-2": 0.47, "jobs-3": 0.22} {
		body := fmt.Sprintf(`{"replica": %q, "interval": 600, "load": {"cpu": %v, "ram": 0.58}}`, replica, cpu)
		if answer, err := w.ask(http.MethodPost, "/reporter/messaging/job-queue/", "report-me", body); err != nil {
			w.t.Fatalf("report: %s, %v", answer, err)
		}
	}
}

// settle waits until all is as it will stay.
func (w *world) settle() {
	w.t.Helper()
	eventually(w.t, "the page knows the present and the past", func() bool {
		text, err := w.ask(http.MethodGet, "/status/report", "", "")
		var report statusReport
		if err != nil || json.Unmarshal([]byte(text), &report) != nil || report.Health != "dead" || unknownNodes(report) != 1 {
			return false
		}
		page, err := w.ask(http.MethodGet, "/", "", "")
		return err == nil && strings.Count(page, `class="days"`) > 50
	})
}

// ask sends a request to the public listener, and returns an error unless it is accepted.
func (w *world) ask(method, path, password, body string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "https://"+w.public+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth("", password)
	req.Header.Set("Content-Type", "application/json")
	res, err := w.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return string(text), err
}

// routes are what scripts may do to the world.
func (w *world) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /turn/{service}/{node}/{state}", func(_ http.ResponseWriter, r *http.Request) {
		w.targets.turn(r.PathValue("service")+"/"+r.PathValue("node"), r.PathValue("state"))
	})
	mux.HandleFunc("POST /kill", func(http.ResponseWriter, *http.Request) { w.pharos.end(syscall.SIGKILL) })
	mux.HandleFunc("POST /start", func(http.ResponseWriter, *http.Request) { w.start(); w.report() })
	mux.HandleFunc("GET /mail", func(rw http.ResponseWriter, r *http.Request) {
		select {
		case l := <-w.box.mails:
			text, err := l.shown()
			if err != nil {
				http.Error(rw, err.Error(), http.StatusInternalServerError)
				return
			}
			_ = json.NewEncoder(rw).Encode(map[string]string{"text": string(text), "raw": string(l.data)})
		case <-time.After(patience):
			http.Error(rw, "no mail came", http.StatusGatewayTimeout)
		case <-r.Context().Done():
		}
	})
	return mux
}

// script runs one of the scripts of testdata/browser, with the addresses of the world.
func (w *world) script(t *testing.T, name string, more ...string) {
	t.Helper()
	runScript(t, name, append([]string{"https://" + w.public, "http://" + w.ops, w.control.URL}, more...)...)
}

// runScript runs a script with the path of the browser and other arguments.
func runScript(t *testing.T, name string, args ...string) {
	t.Helper()
	node, chromium := testkit.Program(t, "node"), testkit.Program(t, "chromium")
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{name, chromium}, args...)...)
	cmd.Dir = filepath.Join("testdata", "browser")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// needBrowser skips the test where the machine has no browser or no npm packages.
func needBrowser(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a browser minutes")
	}
	for _, name := range []string{"node", "chromium"} {
		testkit.Program(t, name)
	}
	if _, err := os.Stat(filepath.Join("testdata", "browser", "node_modules", ".package-lock.json")); err != nil {
		testkit.Skip(t, "the npm packages of internal/e2e/testdata/browser are not installed")
	}
}
