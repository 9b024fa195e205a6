// SPDX-License-Identifier: Apache-2.0

package mcp_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
	"github.com/pharos-status/pharos/statuspage/mcp"
)

func now() time.Time { return time.Date(2026, time.November, 21, 9, 30, 15, 0, time.UTC) }

// sample is a page with a replica whose name must not be told, an incident, a
// maintenance that recurs, and three days.
func sample() statuspage.Page {
	api := statuspage.Ref{Service: "web", Node: "a/pi"}
	p := statuspage.Page{
		ID: "main", Brand: statuspage.Brand{Title: "Acme Status", URL: "https://status.example.com/"},
		Status: status.Dead, Built: now(), AsOf: now().Add(-2 * time.Second), Today: time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC),
		Weights: statuspage.DefaultWeights(),
		Services: []statuspage.Service{
			{ID: "mail", Label: "Mail", Status: status.Healthy, Nodes: []statuspage.Node{{ID: "smtp", Label: "SMTP", Status: status.Healthy}}},
			{ID: "web", Label: "Web", Status: status.Dead, Nodes: []statuspage.Node{
				{
					ID: "a/pi", Label: "API", Status: status.Dead, Since: now().Add(-time.Hour), LinkURL: "https://example.com/api",
					Replicas: []statuspage.Replica{{Number: 1, Name: "https://secret.internal", Status: status.Dead}},
					Past: statuspage.Past{Uptime: new(0.95), Days: []statuspage.Day{
						{Minutes: statuspage.Minutes{status.Healthy: 1440}},
						{Minutes: statuspage.Minutes{status.Healthy: 1400, statuspage.InMaintenance: 40}, Corrected: true},
						{Minutes: statuspage.Minutes{status.Healthy: 510, status.Dead: 60}},
					}},
				},
				{ID: "cdn", Label: "CDN", Status: status.Unknown},
			}},
		},
		Incidents: []statuspage.Incident{
			{
				ID: "incident00002", Title: "API down", Impact: statuspage.ImpactCritical, Components: []statuspage.Ref{api}, Started: now().Add(-time.Hour),
				Created: now(), Updated: now(), Updates: []statuspage.Update{{ID: "u1", Phase: statuspage.Investigating, Text: strings.Repeat("é", 5000), Time: now()}},
			},
			{ID: "incident00001", Title: "Slow", Impact: statuspage.ImpactMinor, Started: now().Add(-50 * time.Hour), Resolved: now().Add(-49 * time.Hour)},
		},
		Maintenances:  []statuspage.Maintenance{{ID: "maintenance1", Title: "Weekly work", Text: "We patch.", RRule: "FREQ=WEEKLY"}},
		Announcements: []statuspage.Announcement{{ID: "a", Title: "News", Text: "We move.", Time: now().Add(-time.Hour)}},
	}
	for i := range 3 {
		start := now().AddDate(0, 0, 7*i+1)
		p.Occurrences = append(p.Occurrences, statuspage.Occurrence{Maintenance: &p.Maintenances[0], Start: start, End: start.Add(time.Hour), Phase: statuspage.Scheduled})
	}
	return p
}

// connect starts a server and returns a session of the SDK's client with it.
func connect(t *testing.T, page func(*http.Request) statuspage.Page, path string) *sdk.ClientSession {
	t.Helper()
	server := httptest.NewServer(mcp.Handler(page, mcp.Options{Version: "1.2.3"}))
	t.Cleanup(server.Close)
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: server.URL + path, MaxRetries: -1}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, session.Close()) })
	return session
}

func call(t *testing.T, session *sdk.ClientSession, tool string, arguments map[string]any) *sdk.CallToolResult {
	t.Helper()
	result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: arguments})
	require.NoError(t, err)
	return result
}

func TestTools(t *testing.T) {
	t.Parallel()
	session := connect(t, func(*http.Request) statuspage.Page { return sample() }, "/mcp/probes")
	require.Equal(t, "1.2.3", session.InitializeResult().ServerInfo.Version)
	list, err := session.ListTools(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, list.Tools, 4)
	for _, tool := range list.Tools {
		require.True(t, tool.Annotations.ReadOnlyHint, tool.Name)
		require.False(t, *tool.Annotations.OpenWorldHint, tool.Name)
		require.NotNil(t, tool.OutputSchema, tool.Name)
	}
	golden(t, "tools.json", list.Tools)
	for name, c := range map[string]struct {
		tool      string
		arguments map[string]any
	}{
		"report":            {"get_report", nil},
		"components":        {"list_components", nil},
		"components-second": {"list_components", map[string]any{"limit": 1, "offset": 1}},
		"components-dead":   {"list_components", map[string]any{"service": "web", "status": "dead"}},
		"incidents":         {"list_incidents", nil},
		"incidents-open":    {"list_incidents", map[string]any{"open": true, "major": true}},
		"history":           {"get_history", map[string]any{"component": "web/a%2Fpi", "days": 2}},
		"history-service":   {"get_history", map[string]any{"component": "mail"}},
	} {
		result := call(t, session, c.tool, c.arguments)
		require.False(t, result.IsError, name)
		golden(t, name+".json", result.StructuredContent)
		text, err := json.Marshal(result)
		require.NoError(t, err)
		require.NotContains(t, string(text), "secret", name)
	}
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(v))
	testkit.Golden(t, name, b.Bytes())
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	session := connect(t, func(*http.Request) statuspage.Page { return sample() }, "/mcp")
	for _, c := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"list_components", map[string]any{"limit": 0}, "limit"},
		{"list_components", map[string]any{"limit": 101}, "limit"},
		{"list_components", map[string]any{"offset": -1}, "offset"},
		{"list_components", map[string]any{"status": "fine"}, "status"},
		{"list_components", map[string]any{"service": strings.Repeat("x", 701)}, "service"},
		{"list_components", map[string]any{"service": "gone"}, `service "gone": the page has no such component`},
		{"list_components", map[string]any{"query": "up"}, "query"},
		{"list_incidents", map[string]any{"limit": "many"}, "limit"},
		{"get_history", nil, "component"},
		{"get_history", map[string]any{"component": "web", "days": 91}, "days"},
		{"get_history", map[string]any{"component": "web/gone"}, `component "web/gone": the page has no such component`},
		{"get_history", map[string]any{"component": "a/b/c"}, `want "service" or "service/node"`},
	} {
		result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: c.tool, Arguments: c.arguments})
		if err != nil { // of the protocol
			require.ErrorContains(t, err, c.want)
			continue
		}
		require.True(t, result.IsError, "%s %v", c.tool, c.arguments)
		require.Contains(t, result.Content[0].(*sdk.TextContent).Text, c.want)
	}
	_, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "delete_everything"})
	require.ErrorContains(t, err, "delete_everything")
}

// Clients of Vigil find in the report what they know from its tool, which answers as
// /status/report does.
func TestReportHasThatOfVigil(t *testing.T) {
	t.Parallel()
	session := connect(t, func(*http.Request) statuspage.Page { return sample() }, "/mcp/probes")
	var want bytes.Buffer
	require.NoError(t, format.Report(&want, sample(), format.Options{}))
	result := call(t, session, "get_report", nil)
	var structured, text struct {
		Health json.RawMessage `json:"health"`
		Page   json.RawMessage `json:"page"`
		Probes json.RawMessage `json:"probes"`
	}
	b, err := json.Marshal(result.StructuredContent)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &structured))
	require.NoError(t, json.Unmarshal([]byte(result.Content[0].(*sdk.TextContent).Text), &text))
	for _, got := range []any{structured, text} {
		b, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, want.String(), string(b))
	}
}

// Each call is answered from the page of its own request.
func TestFollowsThePage(t *testing.T) {
	t.Parallel()
	p := sample()
	session := connect(t, func(*http.Request) statuspage.Page { return p }, "/mcp")
	require.Contains(t, call(t, session, "get_report", nil).Content[0].(*sdk.TextContent).Text, "Acme Status")
	p.Brand.Title = "Other Status"
	require.Contains(t, call(t, session, "get_report", nil).Content[0].(*sdk.TextContent).Text, "Other Status")
}

// An empty page is no error, and never healthy.
func TestEmptyPage(t *testing.T) {
	t.Parallel()
	session := connect(t, func(*http.Request) statuspage.Page { return statuspage.Page{Built: now(), Stale: true} }, "/mcp")
	for _, tool := range []string{"get_report", "list_components", "list_incidents"} {
		require.False(t, call(t, session, tool, nil).IsError)
	}
	require.Contains(t, call(t, session, "get_report", nil).Content[0].(*sdk.TextContent).Text, `"status":"unknown"`)
}

func TestOverHTTP(t *testing.T) {
	t.Parallel()
	handler := mcp.Handler(func(*http.Request) statuspage.Page { return sample() }, mcp.Options{})
	ask := func(method, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://status.example.com/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	const good = ` {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_incidents","arguments":{}}}`
	w := ask(http.MethodPost, good)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Empty(t, w.Header().Get("Mcp-Session-Id"), "it keeps no session")
	require.Contains(t, w.Body.String(), "API down")
	require.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodGet, "").Code)
	require.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodDelete, "").Code)
	require.Equal(t, http.StatusBadRequest, ask(http.MethodPost, "{").Code)
	batch := ask(http.MethodPost, " \n["+good+","+good+"]")
	require.Equal(t, http.StatusBadRequest, batch.Code, "one small body would have a large answer")
	require.Contains(t, batch.Body.String(), "one message at a time")
	require.Equal(t, http.StatusRequestEntityTooLarge, ask(http.MethodPost, `"`+strings.Repeat("x", 65<<10)+`"`).Code)
}

// What a private page says is for those who asked, and for no cache between.
func TestCacheScope(t *testing.T) {
	t.Parallel()
	for private, want := range map[bool]string{false: "public", true: "private"} {
		p := sample()
		p.Private = private
		session := connect(t, func(*http.Request) statuspage.Page { return p }, "/mcp")
		tools, err := session.ListTools(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, want, tools.CacheScope)
	}
}

// Some callers who read slowly, or not at all, keep nobody waiting.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	handler := mcp.Handler(func(*http.Request) statuspage.Page { return sample() }, mcp.Options{})
	request := func() *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_report","arguments":{}}}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		return r
	}
	release := make(chan struct{})
	var slow sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		slow.Go(func() { handler.ServeHTTP(stuck{httptest.NewRecorder(), release}, request()) })
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request())
	require.Equal(t, http.StatusOK, w.Code)
	close(release)
	slow.Wait()
}

// A stuck writer takes nothing until it is released.
type stuck struct {
	http.ResponseWriter
	release chan struct{}
}

func (s stuck) Write(b []byte) (int, error) {
	<-s.release
	return s.ResponseWriter.Write(b)
}
