// SPDX-License-Identifier: Apache-2.0

package push_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

// The requests of the clients in the field, byte for byte.
var clients = map[string]struct {
	request   string
	want      taken
	keepAlive bool
}{
	"Node vigil-reporter 1.2.0": {
		request: `POST /reporter/web/visitor%20sockets/ HTTP/1.1
Content-Type: application/json; charset=utf-8
Content-Length: 73
Host: 127.0.0.1:8080
Authorization: Basic OnMzY3JldDp3aXRoOmNvbG9ucw==
Connection: keep-alive

{"replica":"192.168.1.10","interval":30,"load":{"cpu":0.305,"ram":0.002}}`,
		want: taken{status.ID{Service: "web", Node: "visitor sockets", Replica: "192.168.1.10"}, load(30*time.Second, 0.305, 0.002)},
	},
	"Python 0.2.0": {
		request: `POST /reporter/web/sockets/ HTTP/1.1
Accept-Encoding: identity
Content-Type: application/json; charset=utf-8
Authorization: Basic QXV0aG9yaXphdGlvbjpzM2NyZXQ6d2l0aDpjb2xvbnM=
User-Agent: Python-urllib/3.11
Content-Length: 82
Host: 127.0.0.1:8080
Connection: close

{"replica": "host-a", "interval": 5.0, "load": {"cpu": 1.25, "ram": 0.8012345678}}`,
		want: taken{status.ID{Service: "web", Node: "sockets", Replica: "host-a"}, load(5*time.Second, 1.25, 0.8012345678)},
	},
	"TypeScript 1.0.3": {
		request: `POST /reporter/web/sockets HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/json
Authorization: Basic OnMzY3JldDp3aXRoOmNvbG9ucw==
User-Agent: axios/1.6.2
Content-Length: 67
Accept-Encoding: gzip, compress, deflate, br
Host: 127.0.0.1:8080
Connection: keep-alive

{"replica":"r","interval":2.5,"load":{"cpu":0,"ram":1},"extra":[1]}`,
		want:      taken{status.ID{Service: "web", Node: "sockets", Replica: "r"}, load(2500*time.Millisecond, 0, 1)},
		keepAlive: true,
	},
	"Go": {
		request: `POST /reporter/web/visitor+sockets/ HTTP/1.1
Host: 127.0.0.1:8080
User-Agent: Go-http-client/1.1
Content-Length: 60
Authorization: Basic OnMzY3JldDp3aXRoOmNvbG9ucw==
Content-Type: application/json
Accept-Encoding: gzip

{"replica":"go","interval":60,"load":{"cpu":0.01,"ram":0.5}}`,
		want:      taken{status.ID{Service: "web", Node: "visitor sockets", Replica: "go"}, load(time.Minute, 0.01, 0.5)},
		keepAlive: true,
	},
	"Vigil Local": {
		request: `POST /reporter/lan/gateway/ HTTP/1.1
content-type: application/json; charset=utf-8
authorization: Basic OnMzY3JldDp3aXRoOmNvbG9ucw==
user-agent: vigil-local/1.2.5
accept: */*
host: 127.0.0.1:8080
content-length: 65

{"replica":"tcp://10.0.0.1:80","interval":120,"health":"healthy"}`,
		want:      taken{status.ID{Service: "lan", Node: "gateway", Replica: "tcp://10.0.0.1:80"}, state.Report{Interval: 2 * time.Minute, Health: status.Healthy}},
		keepAlive: true,
	},
	"any with a URL that ends in a slash": {
		request: `POST //reporter/web/sockets/ HTTP/1.1
Host: 127.0.0.1:8080
User-Agent: any
Authorization: Basic OjBubHktd2Vi
Content-Length: 53

{"replica":"r","interval":1,"load":{"cpu":0,"ram":0}}`,
		want:      taken{status.ID{Service: "web", Node: "sockets", Replica: "r"}, load(time.Second, 0, 0)},
		keepAlive: true,
	},
	"one that sends in chunks": {
		request: "POST /reporter/web/sockets/ HTTP/1.1\nHost: x\nUser-Agent: any\nAuthorization: Basic OjBubHktd2Vi\nTransfer-Encoding: chunked\n\n" +
			"35\r\n" + `{"replica":"r","interval":1,"load":{"cpu":0,"ram":0}}` + "\r\n0\r\n\r\n",
		want:      taken{status.ID{Service: "web", Node: "sockets", Replica: "r"}, load(time.Second, 0, 0)},
		keepAlive: true,
	},
	"an id that holds plus signs": {
		request: `POST /reporter/c++/a+b/ HTTP/1.1
Host: 127.0.0.1:8080
User-Agent: any
Authorization: Basic OnMzY3JldDp3aXRoOmNvbG9ucw==
Content-Length: 53

{"replica":"r","interval":1,"load":{"cpu":0,"ram":0}}`,
		want:      taken{status.ID{Service: "c++", Node: "a+b", Replica: "r"}, load(time.Second, 0, 0)},
		keepAlive: true,
	},
}

func load(interval time.Duration, cpu, ram float64) state.Report {
	return state.Report{Interval: interval, Load: &state.Load{CPU: cpu, RAM: ram}}
}

func TestClients(t *testing.T) {
	t.Parallel()
	for name, tc := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			c := dial(t, s)
			answer, text := c.send(t, tc.request)
			require.Equal(t, 200, answer.StatusCode, text)
			require.Empty(t, text)
			require.Equal(t, int64(0), answer.ContentLength)
			require.Equal(t, []taken{tc.want}, s.seen())
			if !tc.keepAlive {
				require.True(t, answer.Close)
				require.True(t, c.closed(t))
				return
			}
			require.False(t, answer.Close)
			answer, _ = c.send(t, tc.request)
			require.Equal(t, 200, answer.StatusCode, "on the same connection")
			require.Len(t, s.seen(), 2)
		})
	}
}

// The TypeScript client announces a body in its DELETE and sends none.
func TestDeleteWithStaleContentLength(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := status.ID{Service: "lan", Node: "gateway", Replica: "tcp://10.0.0.1:80"}
	require.NoError(t, s.store.Report(id, state.Report{Interval: time.Minute, Health: status.Healthy}))
	for _, want := range []int{200, 404} {
		c := dial(t, s)
		start := time.Now()
		answer, _ := c.send(t, `DELETE /reporter/lan/gateway/tcp%3A%2F%2F10.0.0.1%3A80/ HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/json
Authorization: Basic OnMzY3JldDp3aXRoOmNvbG9ucw==
User-Agent: axios/1.6.2
Content-Length: 67
Host: 127.0.0.1:8080
Connection: keep-alive

`)
		require.Equal(t, want, answer.StatusCode)
		require.True(t, answer.Close)
		require.True(t, c.closed(t))
		require.Less(t, time.Since(start), 5*time.Second, "it waits for a body")
	}
}

func TestDeleteWithPlusForSpace(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, replica := range []string{"my app", "a+b"} {
		id := status.ID{Service: "web", Node: "visitor sockets", Replica: replica}
		require.NoError(t, s.store.Report(id, load(time.Minute, 0, 0)))
	}
	for path, want := range map[string]int{
		"/reporter/web/visitor+sockets/my+app":  200,
		"/reporter/web/visitor%20sockets/a+b":   200,
		"/reporter/web/visitor+sockets/none":    404,
		"/reporter/web/visitor%20sockets/a+b+c": 404,
	} {
		answer, _ := dial(t, s).send(t, "DELETE "+path+" HTTP/1.1\nHost: x\nUser-Agent: any\nAuthorization: Basic OjBubHktd2Vi\n\n")
		require.Equal(t, want, answer.StatusCode, path)
	}
	for _, r := range s.store.Snapshot(time.Now()) {
		require.NotEqual(t, "visitor sockets", r.ID.Node)
	}
}
