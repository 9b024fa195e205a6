// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// canary is in everything that the public must not see.
const canary = "canary"

// TestNothingLeaks puts secrets everywhere that a configuration and an operator can
// put them, and looks for them at every public path, in every format.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	a := startAllInOne(t, canaryFolder(t, newTarget(t).URL, newTarget(t)), t.TempDir())
	shows(t, a.page+"/", "Site of ours")
	canaryEvents(t, a)
	shows(t, a.page+"/", "Published incident")
	c := crawler{t: t, base: a.page, seen: map[string]bool{}}
	// Before the crawl, which asks more than one visitor may.
	c.program("tools/list", `{}`)
	for _, tool := range []string{"get_report", "list_components", "list_incidents", "get_history"} {
		c.program("tools/call", fmt.Sprintf(`{"name": %q, "arguments": {}}`, tool))
	}
	for _, path := range publicPaths() {
		c.add(path)
	}
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		c.visit(next)
	}
	if len(c.seen) < 60 {
		t.Errorf("only %d addresses were looked at: %v", len(c.seen), c.seen)
	}
}

// canaryFolder is a configuration full of secrets.
func canaryFolder(t *testing.T, well string, broken *target) string {
	t.Helper()
	dir := t.TempDir()
	broken.turn(true)
	with := func(address string) string {
		return strings.Replace(address, "http://", "http://canaryuser:canarypass@", 1) + "/canary-path?key=canary-query"
	}
	for _, name := range []string{"reporter.token", "manager.token", "anna.password", "mail.password", "page.password"} {
		write(t, dir, name, "canary-"+name+"\n")
	}
	write(t, dir, "exporter.yml", fmt.Sprintf(`
defaults: {poll: {interval: 1s, retries: 0}}
reporter: {tokens: [{token_file: reporter.token}]}
services:
  - id: web
    label: Web
    nodes:
      - {id: site, label: Site of ours, mode: poll, replicas: [%q], http: {method: POST, headers: {X-Key: canary-header}, body: canary-body}}
      - {id: shop, label: Shop, mode: poll, replicas: [%q]}
      - {id: check, label: Check, mode: script, scripts: ["echo canary-output; exit 1 # canary-script"]}
      - {id: workers, label: Workers, mode: push}
`, with(well), with(broken.URL)))
	write(t, dir, "statuspage.yml", `
branding: {page_title: Acme, page_url: "https://status.example.com/"}
manager: {token_file: manager.token}
admin: {users: [{name: canary-operator, password_file: anna.password}]}
refresh_interval: 1s
components:
  - {id: metric, group: web, label: A metric, expr: 'label_replace(vector(3), "secret", "canary-label", "", "")', show_value: true, thresholds: {dead_above: 5}, labels: {team: canary-team}}
pages:
  - {id: inner, hosts: [inner.example.com], branding: {page_title: canary-inner, page_url: "https://inner.example.com/"}, access: {password_file: page.password}}
subscribers:
  email: {smarthost: "127.0.0.1:1", from: "status@example.com", auth_username: canary-mail, auth_password_file: mail.password}
  webhooks: {enabled: true}
`)
	write(t, dir, "alertmanager.yml", "route: {receiver: hook}\nreceivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:1/canary-hook'}]}]\n")
	return dir
}

// canaryEvents has operators say what is for the public, and what is not.
func canaryEvents(t *testing.T, a *allInOne) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(a.config, "manager.token"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Truncate(time.Second)
	soon, later, before := at.Add(time.Hour).Format(time.RFC3339), at.Add(2*time.Hour).Format(time.RFC3339), at.Add(-time.Minute*2).Format(time.RFC3339)
	for _, c := range []struct{ path, body string }{
		{"incidents", `{"title": "Published incident", "impact": "major", "components": ["web/site"], "text": "We look."}`},
		{"incidents", `{"title": "canary-draft", "impact": "major", "components": ["web"], "text": "canary-text", "draft": true}`},
		{"maintenance", fmt.Sprintf(`{"title": "Weekly work", "components": ["web"], "start": %q, "end": %q, "rrule": "FREQ=WEEKLY", "text": "Short."}`, soon, later)},
		{"announcements", `{"title": "We move", "text": "Soon."}`},
		{"corrections", fmt.Sprintf(`{"components": ["web"], "from": %q, "to": %q, "reason": "Monitoring fault"}`, at.Add(-time.Hour).Format(time.RFC3339), before)},
		{"templates", `{"name": "canary-template", "title": "canary", "impact": "none", "phase": "investigating", "text": "canary", "components": []}`},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.page+"/manager/v1/"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("", strings.TrimSpace(string(token)))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Pharos-Author", "canary-author")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode >= 300 {
			t.Fatalf("POST %s: %d %s", c.path, answer.StatusCode, text)
		}
	}
}

// publicPaths are where the crawl begins: what links don't lead to.
func publicPaths() []string {
	all := []string{
		"/", "/history", "/services/web", "/services/none", "/incidents/none", "/maintenance/none", "/status/text", "/status/report", "/badge/icon", "/badge/color",
		"/badge/web.svg", "/badge/web/site.svg", "/badge/web/uptime.svg", "/badge/web/shop/uptime.svg?days=30", "/badge/none.svg",
		"/feed.atom", "/feed.rss", "/feed.json", "/feed.atom?major=true", "/feed.json?service=web", "/maintenance.ics", "/index.md", "/llms.txt", "/og.png", "/embed.js", "/sitemap.xml", "/robots.txt", "/favicon.ico",
		"/subscribe", "/subscribe/confirm", "/subscribe/manage", "/unsubscribe", "/login", "/mcp", "/mcp/probes",
		"/manager/", "/manager/openapi.json", "/manager/v1/incidents", "/manager/v1/journal", "/manager/announcements/", "/manager/prober/alerts/",
		"/reporter/web/workers/", "/admin/", "/admin/login", "/metrics", "/config", "/-/ready", "/debug/pprof/", "/prometheus/api/v1/query?query=up", "/alertmanager/api/v2/alerts", "/bridge/", "/probe?target=x",
		"/api/v2/none.json", "/../config", "/%2e%2e/config", "/assets/../templates/page.html", "/?lang=de", "/?lang=xx", "//", "/%00",
	}
	for _, name := range []string{
		"summary", "status", "components", "incidents", "incidents/unresolved", "scheduled-maintenances", "scheduled-maintenances/upcoming", "scheduled-maintenances/active",
	} {
		all = append(all, "/api/v2/"+name+".json")
	}
	return all
}

// A crawler visits every address below base once.
type crawler struct {
	t     *testing.T
	base  string
	seen  map[string]bool
	queue []string
}

func (c *crawler) add(path string) {
	if !c.seen[path] {
		c.seen[path] = true
		c.queue = append(c.queue, path)
	}
}

// links finds what a browser, or a program, would follow.
var links = regexp.MustCompile(`(?:href|src|action)="([^"]+)"|https://status\.example\.com(/[^"\s<)]*)`)

func (c *crawler) visit(path string) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		for _, accept := range []string{"text/html", "text/markdown"} {
			header := http.Header{"Accept": {accept}, "Accept-Language": {"fr"}}
			body := c.ask(method, path, header, "")
			if method != http.MethodGet {
				break
			}
			for _, m := range links.FindAllStringSubmatch(body, -1) {
				link := strings.ReplaceAll(m[1]+m[2], "&amp;", "&")
				if u, err := url.Parse(strings.TrimPrefix(link, "https://status.example.com")); err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/") && len(c.seen) < 2000 {
					u.Fragment = ""
					c.add(u.String())
				}
			}
		}
	}
}

// ask sends a request, and looks for the canary in all of the answer. An event stream
// is read for a moment.
func (c *crawler) ask(method, path string, header http.Header, body string) string {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+"/", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.URL.Opaque = strings.TrimPrefix(c.base, "http:") + path // as it is, dots and all
	request.Header = header
	client := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	if strings.HasPrefix(path, "/events") {
		return ""
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
	}
	var all bytes.Buffer
	_ = answer.Header.Write(&all)
	all.Write(text)
	if at := strings.Index(strings.ToLower(all.String()), canary); at >= 0 {
		c.t.Errorf("%s %s (%d) tells a secret: …%s…", method, path, answer.StatusCode, all.String()[max(0, at-80):min(all.Len(), at+60)])
	}
	if answer.StatusCode == http.StatusInternalServerError || answer.StatusCode == http.StatusBadGateway {
		c.t.Errorf("%s %s: %d", method, path, answer.StatusCode)
	}
	return string(text)
}

// program calls a method of the MCP server.
func (c *crawler) program(method, params string) {
	c.t.Helper()
	body := c.ask(http.MethodPost, "/mcp", http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}},
		fmt.Sprintf(`{"jsonrpc": "2.0", "id": 1, "method": %q, "params": %s}`, method, params))
	if !strings.Contains(body, `"result"`) {
		c.t.Errorf("%s %s: %s", method, params, body)
	}
}

// TestPublicPathsAreKnown: the paths of the crawl are those of the documents.
func TestPublicPathsAreKnown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/statuspage.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`(/[a-z.\\-]+(?:/[a-z.\\-]+)?)`").FindAllStringSubmatch(string(text), -1) {
		if m[1] != "/events" && !slices.Contains(publicPaths(), m[1]) {
			t.Errorf("%s is not crawled", m[1])
		}
	}
}
