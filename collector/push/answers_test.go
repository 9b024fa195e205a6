// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/push"
	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// post returns a request with a token and a body.
func post(path, token, body string) string {
	auth := base64.StdEncoding.EncodeToString([]byte("user:" + token))
	return fmt.Sprintf("POST %s HTTP/1.1\nHost: x\nUser-Agent: any\nAuthorization: Basic %s\nContent-Length: %d\n\n%s", path, auth, len(body), body)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const sockets, gateway = "/reporter/web/sockets/", "/reporter/lan/gateway/"
	const good = `{"replica":"r","interval":1,"load":{"cpu":0,"ram":0}}`
	for name, tc := range map[string]struct {
		request string
		code    int
		want    string
	}{
		"unknown service":    {post("/reporter/none/sockets", token, good), 404, `unknown node "sockets" of service "none"`},
		"unknown node":       {post("/reporter/web/none", token, good), 404, `unknown node "none" of service "web"`},
		"no node":            {post("/reporter/web/", token, good), 404, "no such path"},
		"too deep":           {post("/reporter/a/b/c/d", token, good), 404, "no such path"},
		"report for replica": {post("/reporter/web/sockets/r", token, good), 404, "no such path; POST /reporter/{service}/{node} or DELETE /reporter/{service}/{node}/{replica}"},
		"one for a batch":    {post("/reporter", token, good), 400, "reports is missing; a single report goes to /reporter/{service}/{node}"},
		"one, slash":         {post("/reporter/", token, good), 400, "reports is missing; a single report goes to /reporter/{service}/{node}"},
		"flush of all":       {"DELETE /reporter/ HTTP/1.1\nHost: x\nAuthorization: Basic OjBubHktd2Vi\n\n", 404, "no such path"},
		"long service":       {post("/reporter/"+strings.Repeat("x", 201)+"/n", token, good), 400, "the id of the service has 201 bytes, want at most 200"},
		"long node":          {post("/reporter/web/"+strings.Repeat("%41", 201), token, good), 400, "the id of the node has 201 bytes, want at most 200"},
		"long replica":       {post(sockets, token, `{"replica":"`+strings.Repeat("x", 16385)+`","interval":1,"load":{"cpu":0,"ram":0}}`), 400, "invalid report: the name of the replica has 16385 bytes, want at most 16384"},
		"replica of dots":    {post(sockets, token, `{"replica":"..","interval":1,"load":{"cpu":0,"ram":0}}`), 400, `invalid report: the replica is called "..", which can't be part of the path of a flush; give it another name`},
		"path not UTF-8":     {post("/reporter/web/%ff", token, good), 400, "the path is not percent-encoded UTF-8"},

		"load for local":  {post(gateway, token, good), 412, "wrong mode: node lan:gateway is in mode local, and the report is for mode push"},
		"health for push": {post(sockets, token, `{"replica":"r","interval":1,"health":"sick"}`), 412, "wrong mode: node web:sockets is in mode push, and the report is for mode local"},
		"load for poll":   {post("/reporter/web/api", token, good), 412, "wrong mode: node web:api is in mode poll, and the report is for mode push"},
		"flush of poll":   {"DELETE /reporter/web/api/a HTTP/1.1\nHost: x\nAuthorization: Basic OjBubHktd2Vi\n\n", 412, "wrong mode: node web:api is in mode poll, whose replicas can't be flushed"},
		"flush of node":   {"DELETE /reporter/web/sockets HTTP/1.1\nHost: x\nAuthorization: Basic OjBubHktd2Vi\n\n", 404, "no such path; POST /reporter/{service}/{node} or DELETE /reporter/{service}/{node}/{replica}"},
		"flush unknown":   {"DELETE /reporter/web/sockets/none HTTP/1.1\nHost: x\nAuthorization: Basic OjBubHktd2Vi\n\n", 404, `unknown replica "none" of node web:sockets`},

		"negative load":     {post(sockets, token, `{"replica":"r","interval":1,"load":{"cpu":-0.1,"ram":0}}`), 400, "invalid report: load.cpu is -0.1, want a ratio from 0, such as 0.3"},
		"absurd load":       {post(sockets, token, `{"replica":"r","interval":1,"load":{"cpu":0,"ram":1e300}}`), 400, "invalid report: load.ram is 1e+300, want a ratio from 0, such as 0.3"},
		"load no number":    {post(sockets, token, `{"replica":"r","interval":1,"load":{"cpu":NaN,"ram":0}}`), 400, "the body does not fit: invalid character 'N' looking for beginning of value"},
		"load out of range": {post(sockets, token, `{"replica":"r","interval":1,"load":{"cpu":1e999,"ram":0}}`), 400, "the body does not fit: load.cpu can't be of the type number 1e999"},
		"half a load":       {post(sockets, token, `{"replica":"r","interval":1,"load":{"cpu":0}}`), 400, "load needs both cpu and ram"},
		"nothing told":      {post(sockets, token, `{"replica":"r","interval":1}`), 400, "neither load nor health is given"},
		"both for local":    {post(gateway, token, `{"replica":"r","interval":1,"health":"sick","load":{"cpu":0,"ram":0}}`), 412, "wrong mode: node lan:gateway is in mode local, and the report is for mode push"},
		"unknown for push":  {post(sockets, token, `{"replica":"r","interval":1,"health":"unknown"}`), 412, "wrong mode: node web:sockets is in mode push, and the report is for mode local"},
		"reason alone":      {post(sockets, token, `{"replica":"r","interval":1,"reason":"disk is full"}`), 400, "neither load nor health is given"},
		"strange health":    {post(gateway, token, `{"replica":"r","interval":1,"health":"Sick"}`), 400, `health is "Sick", want healthy, sick, dead or unknown`},
		"strange, and load": {post(sockets, token, `{"replica":"r","interval":1,"health":"","load":{"cpu":0,"ram":0}}`), 400, `health is "", want healthy, sick, dead or unknown`},
		"no replica":        {post(sockets, token, `{"interval":1,"load":{"cpu":0,"ram":0}}`), 400, "replica is missing"},
		"no interval":       {post(sockets, token, `{"replica":"r","load":{"cpu":0,"ram":0}}`), 400, "interval is missing; send the seconds between two reports"},
		"interval zero":     {post(sockets, token, `{"replica":"r","interval":0,"load":{"cpu":0,"ram":0}}`), 400, "invalid report: interval is 0s, want more than 0 and at most a year"},
		"interval negative": {post(sockets, token, `{"replica":"r","interval":-5,"load":{"cpu":0,"ram":0}}`), 400, "interval is -5 seconds, want more than 0 and at most a year"},
		"interval absurd":   {post(sockets, token, `{"replica":"r","interval":1e300,"load":{"cpu":0,"ram":0}}`), 400, "interval is 1e+300 seconds, want more than 0 and at most a year"},
		"interval a text":   {post(sockets, token, `{"replica":"r","interval":"5","load":{"cpu":0,"ram":0}}`), 400, "the body does not fit: interval can't be of the type string"},
		"not JSON":          {post(sockets, token, `replica=r`), 400, "the body does not fit: invalid character 'r' looking for beginning of value"},
		"a list":            {post(sockets, token, `[]`), 400, "the body does not fit: it can't be of the type array"},
		"two values":        {post(sockets, token, good+good), 400, "the body does not fit: invalid character '{' after top-level value"},
		"empty":             {post(sockets, token, ""), 400, "the body does not fit: unexpected end of JSON input"},
		"not UTF-8":         {post(sockets, token, "{\"replica\":\"\xff\"}"), 400, "the body is not valid UTF-8"},

		"wrong token":         {post(sockets, "wrong", good), 401, "wrong or missing token; send it as the password of Basic authentication"},
		"empty token":         {post(sockets, "", good), 401, "wrong or missing token; send it as the password of Basic authentication"},
		"no token":            {"POST /reporter/web/sockets HTTP/1.1\nHost: x\nContent-Length: 0\n\n", 401, "wrong or missing token; send it as the password of Basic authentication"},
		"bearer token":        {"POST /reporter/web/sockets HTTP/1.1\nHost: x\nAuthorization: Bearer " + token + "\nContent-Length: 0\n\n", 401, "wrong or missing token; send it as the password of Basic authentication"},
		"token elsewhere":     {post(gateway, webToken, `{"replica":"r","interval":1,"health":"sick"}`), 403, "the token is not good for this service"},
		"token elsewhere (+)": {post("/reporter/l+n/gateway", webToken, `{"replica":"r","interval":1,"health":"sick"}`), 403, "the token is not good for this service"},
		"wrong token, path":   {post("/reporter", "wrong", good), 401, "wrong or missing token; send it as the password of Basic authentication"},

		"GET": {"GET /reporter/web/sockets HTTP/1.1\nHost: x\n\n", 405, "report by POST, flush by DELETE"},
		"PUT": {"PUT /reporter/web/sockets HTTP/1.1\nHost: x\nContent-Length: 0\n\n", 405, "report by POST, flush by DELETE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			answer, text := dial(t, s).send(t, tc.request)
			require.Equal(t, tc.want+"\n", text)
			require.Equal(t, tc.code, answer.StatusCode)
			require.Equal(t, "text/plain; charset=utf-8", answer.Header.Get("Content-Type"))
			require.Equal(t, tc.code == http.StatusUnauthorized, answer.Header.Get("WWW-Authenticate") != "")
			require.Equal(t, tc.code == http.StatusMethodNotAllowed, answer.Header.Get("Allow") != "")
			require.Empty(t, s.seen(), "bad input changes nothing")
			require.Equal(t, []int{tc.code}, s.answered())
			require.Contains(t, push.Codes(), tc.code)
		})
	}
}

func TestWithoutTokensEveryCallIsRefused(t *testing.T) {
	t.Parallel()
	var codes []int
	h := push.Handler(push.Options{
		Tokens:  func() []push.Token { return nil },
		Reports: func(code int) { codes = append(codes, code) },
	})
	for _, password := range []string{"", "x"} {
		r, err := http.NewRequest(http.MethodPost, "http://x/reporter/web/sockets/", strings.NewReader("{}"))
		require.NoError(t, err)
		r.SetBasicAuth("", password)
		h.ServeHTTP(nowhere{}, r)
	}
	require.Equal(t, []int{401, 401}, codes)
}

// nowhere is where answers go that nobody reads.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// What may pass is a 503: a client in the field gives up for good at a 4xx.
func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"disk":     {errors.New("write /var/lib/pharos/state.db: no space left on device"), "the report can't be kept now; try again later\n"},
		"closed":   {state.ErrClosed, "the report can't be kept now; try again later\n"},
		"too many": {fmt.Errorf("%w: node web:sockets has 10000", state.ErrTooMany), "too many replicas: node web:sockets has 10000\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.fail = tc.err
			answer, text := dial(t, s).send(t, post("/reporter/web/sockets/", token, `{"replica":"r","interval":1,"load":{"cpu":0,"ram":0}}`))
			require.Equal(t, 503, answer.StatusCode)
			require.Equal(t, tc.want, text)
		})
	}
}

func TestLongestBody(t *testing.T) {
	t.Parallel()
	s := serve(t)
	good := `{"replica":"r","interval":1,"load":{"cpu":0,"ram":0}}`
	longest := good + strings.Repeat(" ", push.MaxBodyBytes-len(good))
	answer, _ := dial(t, s).send(t, post("/reporter/web/sockets", token, longest))
	require.Equal(t, 200, answer.StatusCode)
	answer, text := dial(t, s).send(t, post("/reporter/web/sockets", token, longest+" "))
	require.Equal(t, 413, answer.StatusCode)
	require.Equal(t, "the body is longer than 65536 bytes\n", text)
}

func TestHugeBodyIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 10<<20)
	head := "POST /reporter/web/sockets/ HTTP/1.1\r\nHost: x\r\nUser-Agent: any\r\nAuthorization: Basic OjBubHktd2Vi\r\n"
	for name, request := range map[string]string{
		"with a length": fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(huge), huge),
		"in chunks":     fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(huge), huge),
		"never sent":    fmt.Sprintf("%sContent-Length: %d\r\n\r\n", head, push.MaxBodyBytes+1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, serve(t))
			start := time.Now()
			written := make(chan struct{})
			go func() {
				defer close(written)
				_, _ = io.WriteString(c, request) // the server hangs up in the middle
			}()
			answer, text := c.answer(t)
			require.Equal(t, 413, answer.StatusCode)
			require.Equal(t, "the body is longer than 65536 bytes\n", text)
			require.True(t, answer.Close)
			require.Less(t, time.Since(start), 5*time.Second)
			require.NoError(t, c.Close())
			<-written
		})
	}
}

func TestLongReplicaNameIsShortened(t *testing.T) {
	t.Parallel()
	s := serve(t)
	long := strings.Repeat("ä", 5000)
	answer, _ := dial(t, s).send(t, post("/reporter/lan/gateway/", token, `{"replica":"`+long+`","interval":1,"health":"dead"}`))
	require.Equal(t, 200, answer.StatusCode)
	var names []string
	for _, r := range s.store.Snapshot(time.Now()) {
		if r.Mode == state.Local {
			names = append(names, r.ID.Replica)
		}
	}
	require.Equal(t, []string{status.Shorten(long)}, names)
}
