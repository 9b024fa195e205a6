// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/reporter", "/reporter/", "//reporter//"} {
		s := serve(t)
		c := dial(t, s)
		answer, text := c.send(t, post(path, webToken, `{"reports": [
			{"service":"web","node":"sockets","replica":"a","interval":30,"load":{"cpu":0.5,"ram":0.25}},
			{"service":"lan","node":"gateway","replica":"b","interval":30,"health":"dead"},
			{"service":"web","node":"none","replica":"c","interval":30,"load":{"cpu":0,"ram":0}},
			{"service":"web","node":"sockets","replica":"d","interval":30,"health":"dead"},
			{"service":"web","node":"sockets","replica":"e","interval":30},
			{"service":"web","node":"sockets","replica":"f","load":{"cpu":0,"ram":0}},
			{"service":"web","node":"sockets","replica":"g","interval":30,"load":{"cpu":-1,"ram":0}},
			{"service":"web","node":"sockets","replica":"h","interval":30,"load":{"cpu":0}},
			{"service":"web","node":"sockets","interval":30,"load":{"cpu":0,"ram":0}},
			{"service":"web","node":"sockets","replica":"i","flush":true},
			{"service":"web","node":"sockets","flush":true},
			{"service":"web","node":"sockets","replica":"a","flush":true,"health":"dead"},
			{"service":"web","node":"api","replica":"a","flush":true},
			{"service":"","node":"sockets","replica":"a","interval":30,"load":{"cpu":0,"ram":0}},
			{"service":"web","node":"`+strings.Repeat("x", 201)+`","replica":"a","interval":30,"load":{"cpu":0,"ram":0}},
			{"service":"web","node":"sockets","replica":"z","interval":30,"load":{"cpu":0,"ram":1}}
		]}`))
		require.Equal(t, 200, answer.StatusCode)
		require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
		var got push.BatchAnswer
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, push.BatchAnswer{Errors: []push.BatchError{
			{1, 403, "the token is not good for this service"},
			{2, 404, `unknown node "none" of service "web"`},
			{3, 412, "wrong mode: node web:sockets is in mode push, and the report is for mode local"},
			{4, 400, "neither load nor health is given"},
			{5, 400, "invalid report: interval is 0s, want more than 0 and at most a year"},
			{6, 400, "invalid report: load.cpu is -1, want a ratio from 0, such as 0.3"},
			{7, 400, "load needs both cpu and ram"},
			{8, 400, "replica is missing"},
			{9, 404, `unknown replica "i" of node web:sockets`},
			{10, 400, "replica is missing"},
			{11, 400, "a flush holds no report"},
			{12, 412, "wrong mode: node web:api is in mode poll, whose replicas can't be flushed"},
			{13, 403, "the token is not good for this service"},
			{14, 400, "the id of the node has 201 bytes, want at most 200"},
		}}, got)
		web := status.NodeID{Service: "web", Node: "sockets"}
		require.Equal(t, []taken{
			{web.Replica("a"), load(30*time.Second, 0.5, 0.25)}, {web.Replica("z"), load(30*time.Second, 0, 1)},
		}, s.seen())
		require.Equal(t, []int{200, 403, 404, 412, 400, 400, 400, 400, 400, 404, 400, 400, 412, 403, 400, 200}, s.answered())

		answer, text = c.send(t, post(path, token, `{"reports":[{"service":"web","node":"sockets","replica":"a","flush":true}]}`))
		require.Equal(t, 200, answer.StatusCode, "the connection is kept")
		require.Equal(t, "{\"errors\":[]}\n", text)
		require.Len(t, s.store.Snapshot(time.Now()), 2, "z, and the one that is probed")
	}
}

func TestBatchOfRelay(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, text := dial(t, s).send(t, post("/reporter", token, `{"reports": [
		{"service":"lan","node":"gateway","replica":"a","interval":30,"health":"unknown"},
		{"service":"lan","node":"gateway","replica":"b","interval":30,"health":"unknown","load":{"cpu":0,"ram":0}},
		{"service":"lan","node":"gateway","replica":"c","interval":-1,"health":"unknown"},
		{"service":"lan","node":"gateway","replica":"d","interval":30,"health":"well"},
		{"service":"lan","node":"gateway","replica":"e","interval":30,"health":"dead","reason":"connection\r\nrefused"},
		{"service":"web","node":"sockets","replica":"f","interval":30,"health":"sick","load":{"cpu":0,"ram":0},"reason":"disk is full"},
		{"service":"lan","node":"gateway","replica":"e","flush":true,"reason":"gone"}
	]}`))
	require.JSONEq(t, `{"errors":[
		{"report":1,"code":412,"error":"wrong mode: node lan:gateway is in mode local, and the report is for mode push"},
		{"report":2,"code":400,"error":"interval is -1 seconds, want more than 0 and at most a year"},
		{"report":3,"code":400,"error":"health is \"well\", want healthy, sick, dead or unknown"},
		{"report":6,"code":400,"error":"a flush holds no report"}
	]}`, text)
	all := s.store.Snapshot(time.Now())
	require.Equal(t, "a", all[0].ID.Replica)
	require.Equal(t, status.Unknown, all[0].Status)
	require.Equal(t, status.Reported, all[0].Reason)
	require.Equal(t, "connection refused", all[1].Detail)
	require.Equal(t, status.Sick, all[3].Status)
	require.Equal(t, "disk is full", all[3].Detail)
}

func TestBatchIsRefused(t *testing.T) {
	t.Parallel()
	tooMany := `{"reports":[{}` + strings.Repeat(",{}", push.MaxBatchReports) + `]}`
	for name, tc := range map[string]struct {
		request string
		code    int
		want    string
	}{
		"wrong token": {post("/reporter", "wrong", `{"reports":[]}`), 401, "wrong or missing token; send it as the password of Basic authentication"},
		"no reports":  {post("/reporter", token, `{}`), 400, "reports is missing; a single report goes to /reporter/{service}/{node}"},
		"null":        {post("/reporter", token, `{"reports":null}`), 400, "reports is missing; a single report goes to /reporter/{service}/{node}"},
		"no list":     {post("/reporter", token, `{"reports":{}}`), 400, "the body does not fit: reports can't be of the type object"},
		"not JSON":    {post("/reporter", token, `reports`), 400, "the body does not fit: invalid character 'r' looking for beginning of value"},
		"not UTF-8":   {post("/reporter", token, "{\"reports\":[{\"service\":\"\xff\"}]}"), 400, "the body is not valid UTF-8"},
		"too many":    {post("/reporter", token, tooMany), 413, "there are more than 1000 reports"},
		"twice":       {post("/reporter", token, `{"reports":[],"reports":[]}`), 400, "reports is given twice"},
		"too long":    {post("/reporter", token, strings.Repeat(" ", push.MaxBatchBytes+1)), 413, "the body is longer than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			answer, text := dial(t, s).send(t, tc.request)
			require.Equal(t, tc.want+"\n", text)
			require.Equal(t, tc.code, answer.StatusCode)
			require.Empty(t, s.seen())
			require.Equal(t, []int{tc.code}, s.answered())
		})
	}
}

// A short body may hold very many reports, which take a hundred times its memory
// once they are read.
func TestBatchIsCountedBeforeItIsRead(t *testing.T) { //nolint:paralleltest // what is allocated is that of the whole process
	h := push.Handler(push.Options{Tokens: func() []push.Token { return []push.Token{{Secret: secret(token), Services: []string{"*"}}} }})
	body := `{"reports":[{}` + strings.Repeat(",{}", push.MaxBatchBytes/3-20) + `]}`
	r := httptest.NewRequest(http.MethodPost, "/reporter", strings.NewReader(body))
	r.SetBasicAuth("", token)
	w := httptest.NewRecorder()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	require.Equal(t, 413, w.Code, w.Body)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
}

func TestBatchWithAStoreThatFails(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.fail = errors.New("write /var/lib/pharos/state.db: no space left on device")
	_, text := dial(t, s).send(t, post("/reporter", token, `{"reports":[{"service":"lan","node":"gateway","replica":"a","interval":30,"health":"sick"}]}`))
	require.JSONEq(t, `{"errors":[{"report":0,"code":503,"error":"the report can't be kept now; try again later"}]}`, text)
}

func BenchmarkBatch(b *testing.B) {
	store, err := state.Open(state.Options{Path: b.TempDir()})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	store.Configure([]state.Node{{ID: status.NodeID{Service: "lan", Node: "gateway"}, Mode: state.Local, DeadAfter: time.Minute}})
	h := push.Handler(push.Options{Store: store, Tokens: func() []push.Token {
		return []push.Token{{Secret: secret(token), Services: []string{"*"}}}
	}})
	var body strings.Builder
	body.WriteString(`{"reports":[`)
	for i := range 500 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"service":"lan","node":"gateway","replica":"tcp://10.0.%d.%d:80","interval":30,"health":"healthy"}`, i/256, i%256)
	}
	body.WriteString(`]}`)
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequest(http.MethodPost, "http://x/reporter", strings.NewReader(body.String()))
		require.NoError(b, err)
		r.Header.Set("User-Agent", "bench")
		r.SetBasicAuth("", token)
		h.ServeHTTP(nowhere{}, r)
	}
	require.Len(b, store.Snapshot(time.Now()), 500)
}
