// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage/desk"
)

// badCalls are requests that are refused because of one field each.
func badCalls() map[string][5]string {
	const incidents, maintenance, corrections, announcements, templates = "POST /manager/v1/incidents", "POST /manager/v1/maintenance",
		"POST /manager/v1/corrections", "POST /manager/v1/announcements", "POST /manager/v1/templates"
	const times = `"start":"2026-12-01T10:00:00Z","end":"2026-12-01T11:00:00Z"`
	return map[string][5]string{
		"no JSON":            {incidents, `title=x`, "body", "is no JSON object: at byte 2, invalid character 'i' in literal true (expecting 'r')"},
		"nothing":            {incidents, ` `, "body", "is no JSON object: at byte 1, unexpected end of JSON input"},
		"two objects":        {incidents, `{}{}`, "body", "is no JSON object: at byte 3, invalid character '{' after top-level value"},
		"a list":             {incidents, `[]`, "body", `is no JSON object; send one such as {"title": "…"}`},
		"null":               {incidents, `null`, "body", `is no JSON object; send one such as {"title": "…"}`},
		"missing title":      {incidents, `{"text":"x"}`, "title", "is missing; say in a few words what is wrong"},
		"null title":         {incidents, `{"text":"x","title":null}`, "title", "is missing; say in a few words what is wrong"},
		"missing text":       {incidents, `{"title":"x"}`, "text", "is missing; say what people should know, in Markdown"},
		"title no text":      {incidents, `{"title":["x"],"text":"x"}`, "title", `is ["x"]; give a text in quotation marks`},
		"draft no boolean":   {incidents, `{"title":"x","draft":"yes"}`, "draft", `is "yes"; give true or false`},
		"a list of nothing":  {incidents, `{"title":"x","text":"x","components":"web"}`, "components", `is "web"; give a list of texts such as ["web", "web/api"]`},
		"a list of numbers":  {incidents, `{"title":"x","text":"x","components":["web",5]}`, "components[1]", `is 5; give a text in quotation marks`},
		"unknown component":  {incidents, `{"title":"x","text":"x","components":["web/x"]}`, "components[0]", `is "web/x", which is unknown; the service has web/api`},
		"no time":            {incidents, `{"title":"x","text":"x","started":"yesterday"}`, "started", `is "yesterday"; give a time such as "2026-11-30T22:00:00Z"`},
		"a time as a number": {incidents, `{"title":"x","text":"x","started":1}`, "started", `is 1; give a time such as "2026-11-30T22:00:00Z"`},
		"the future":         {incidents, `{"title":"x","text":"x","started":"2027-01-01T00:00:00Z"}`, "started", "lies in the future; it is 2026-11-21T12:00:00Z now"},
		"no impact":          {incidents, `{"title":"x","text":"x","impact":"huge"}`, "impact", `is "huge"; it is one of none, minor, major, critical`},
		"unknown field":      {incidents, `{"title":"x","text":"x","id":"mine"}`, "id", "is unknown here; there are title, impact, components, started, resolved, draft, phase, text, notify, seen"},
		"another case":       {incidents, `{"Title":"x","title":"y","text":"x"}`, "Title", "is unknown here; there are title, impact, components, started, resolved, draft, phase, text, notify, seen"},
		"alert":              {incidents, `{"title":"x","text":"x","alert":"web"}`, "alert", "is unknown here; there are title, impact, components, started, resolved, draft, phase, text, notify, seen"},
		"UTF-8":              {incidents, "{\"title\":\"\xff\",\"text\":\"x\"}", "title", "is not valid UTF-8; send it so"},
		"control character":  {incidents, `{"title":"x","text":"\u0000"}`, "text", "holds the control character U+0000; leave it out"},
		"author":             {incidents, `{"title":"x","text":"x"}`, "X-Pharos-Author", "is longer than 100 characters", strings.Repeat("a", 101)},
		"author's UTF-8":     {incidents, `{"title":"x","text":"x"}`, "X-Pharos-Author", "is no text in UTF-8; send the name of a person or a program", "\xff"},
		"ends before":        {maintenance, `{"title":"x","start":"2026-12-01T10:00:00Z","end":"2026-12-01T09:00:00Z"}`, "end", "is 2026-12-01T09:00:00Z, not after start at 2026-12-01T10:00:00Z"},
		"no start":           {maintenance, `{"title":"x","end":"2026-12-01T09:00:00Z"}`, "start", "is missing; say when the work begins"},
		"never":              {maintenance, `{"title":"x",` + times + `,"rrule":"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}`, "rrule", `is "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", which can't be: it never takes place; change it or remove it`},
		"too often":          {maintenance, `{"title":"x",` + times + `,"rrule":"FREQ=SECONDLY"}`, "rrule", `is "FREQ=SECONDLY", which can't be: it takes place more often than hourly`},
		"no rule":            {maintenance, `{"title":"x",` + times + `,"rrule":"weekly"}`, "rrule", `is "WEEKLY", which can't be: "WEEKLY" is not understood; write such as FREQ=WEEKLY;BYDAY=TU`},
		"no time zone":       {maintenance, `{"title":"x",` + times + `,"time_zone":"Paris"}`, "time_zone", `is "Paris"; give the name of a time zone such as Europe/Paris`},
		"nothing corrected":  {corrections, `{"components":[],"from":"2026-11-20T10:00:00Z","to":"2026-11-20T11:00:00Z","reason":"x"}`, "components", "is empty; name what was not as it was measured"},
		"a correction ahead": {corrections, `{"components":["web"],"from":"2026-11-20T10:00:00Z","to":"2026-11-22T11:00:00Z","reason":"x"}`, "to", "lies in the future; it is 2026-11-21T12:00:00Z now"},
		"no title":           {announcements, `{"text":"x"}`, "title", "is missing; say in a few words what it is about"},
		"no name":            {templates, `{}`, "name", "is empty; say what it is for"},
		"a bad component":    {templates, `{"name":"x","components":["web","a/b/c"]}`, "components[1]", `is "a/b/c"; write "service" or "service/node"`},
		"no occurrence":      {"POST /manager/v1/maintenance/x/skip", `{}`, "start", "is missing; say which occurrence, by when it begins"},
		"state":              {"GET /manager/v1/incidents?state=bad", "", "state", "is bad; it is one of open, resolved, draft"},
		"limit":              {"GET /manager/v1/incidents?limit=0", "", "limit", "is 0; give a number from 1 to 1000"},
		"after":              {"GET /manager/v1/journal?after=x", "", "after", "is x; give what next was in the answer before"},
		"parameter":          {"GET /manager/v1/announcements?x=1", "", "x", "is unknown here; this call takes no parameters"},
		"a zero":             {"GET /manager/v1/journal?subject=%00", "", "subject", "is no text in UTF-8"},
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.must(http.StatusCreated, http.MethodPost, "/manager/v1/announcements", `{"title":"a","text":"b"}`, nil)
	revision, err := e.store.Revision(t.Context())
	require.NoError(t, err)
	for name, c := range badCalls() {
		method, path, _ := strings.Cut(c[0], " ")
		r := request(method, path, c[1])
		r.Header.Set("X-Pharos-Author", c[4])
		w := e.do(r)
		require.Equal(t, http.StatusBadRequest, w.Code, name)
		var got struct {
			Error  string
			Fields []desk.Fault
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), name)
		require.Equal(t, []desk.Fault{{Field: c[2], Problem: c[3]}}, got.Fields, name)
		require.Equal(t, c[2]+" "+c[3], got.Error, name)
	}
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodPut} {
		for _, route := range writes(method) {
			e.refusesBodies(method, strings.NewReplacer("{id}", "x", "{update}", "y").Replace(route))
		}
	}
	after, err := e.store.Revision(t.Context())
	require.NoError(t, err)
	require.Equal(t, revision, after, "nothing is stored")
	require.Equal(t, 1, e.changed)
	require.Empty(t, e.log.String(), "a client's fault is not logged")
}

// writes returns the paths of calls that take a body.
func writes(method string) (paths []string) {
	for _, r := range [][2]string{
		{"POST", "/manager/v1/incidents"},
		{"PATCH", "/manager/v1/incidents/{id}"},
		{"POST", "/manager/v1/incidents/{id}/updates"},
		{"PATCH", "/manager/v1/incidents/{id}/updates/{update}"},
		{"POST", "/manager/v1/maintenance"},
		{"PATCH", "/manager/v1/maintenance/{id}"},
		{"POST", "/manager/v1/maintenance/{id}/updates"},
		{"POST", "/manager/v1/maintenance/{id}/skip"},
		{"POST", "/manager/v1/announcements"},
		{"POST", "/manager/v1/corrections"},
		{"POST", "/manager/v1/templates"},
		{"PUT", "/manager/v1/templates/{id}"},
	} {
		if r[0] == method {
			paths = append(paths, r[1])
		}
	}
	return paths
}

// refusesBodies checks that a call refuses what no call takes.
func (e *env) refusesBodies(method, path string) {
	e.t.Helper()
	code, answer := e.call(method, path, `{"surprise":1}`)
	require.Equal(e.t, http.StatusBadRequest, code, path)
	require.Contains(e.t, answer, `"field":"surprise"`)

	r := request(method, path, `{}`)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := e.do(r)
	require.Equal(e.t, http.StatusUnsupportedMediaType, w.Code, path)
	require.Contains(e.t, w.Body.String(), "Content-Type: application/json")

	body := &counter{}
	r = request(method, path, "x")
	r.Body = io.NopCloser(io.LimitReader(body, 10<<20))
	w = e.do(r)
	require.Equal(e.t, http.StatusRequestEntityTooLarge, w.Code, path)
	require.JSONEq(e.t, `{"error":"the body is larger than 256 KiB"}`, w.Body.String())
	require.Less(e.t, body.read, 1<<20, "the rest is not read")
}

// FuzzBodies: no body makes a call panic or answer anything but what is described.
func FuzzBodies(f *testing.F) {
	for _, c := range badCalls() {
		f.Add([]byte(c[1]))
	}
	f.Add([]byte(`{"title":"a","text":"b"}`))
	f.Add([]byte(`{"name":"a","components":["web"]}`))
	f.Add([]byte(`{"components":["web"],"from":"2026-11-20T10:00:00Z","to":"2026-11-20T11:00:00Z","reason":"x"}`))
	e := newEnv(f)
	paths := slices.Concat(writes(http.MethodPost), []string{"/manager/announcement"})
	f.Fuzz(func(t *testing.T, body []byte) {
		e.t = t
		for _, path := range paths {
			r := request(http.MethodPost, strings.ReplaceAll(path, "{id}", "x"), string(body)+" ")
			w := e.do(r)
			if w.Code >= http.StatusInternalServerError {
				t.Error(path, w.Code, w.Body)
			}
		}
	})
}
