// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/websocket"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// echoSocket greets, and says again what it is told; /private has a password.
func echoSocket() http.Handler {
	return websocket.Server{
		Handshake: func(_ *websocket.Config, r *http.Request) error {
			if user, password, _ := r.BasicAuth(); r.URL.Path == "/private" && user+password != "youandme" {
				return websocket.ErrBadWebSocketOrigin // answered by 403
			}
			return nil
		},
		Handler: func(conn *websocket.Conn) {
			_ = websocket.Message.Send(conn, "hello "+conn.Request().Host+" "+conn.Request().Header.Get("User-Agent"))
			_ = websocket.Message.Send(conn, []byte("binary"))
			for {
				var text string
				if websocket.Message.Receive(conn, &text) != nil {
					return
				}
				_ = websocket.Message.Send(conn, "you said "+text)
			}
		},
	}
}

func webSocketURL(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(echoSocket())
	t.Cleanup(plain.Close)
	secured := httptest.NewTLSServer(echoSocket())
	t.Cleanup(secured.Close)
	_, client := tlsPair(t)
	at, securely := strings.TrimPrefix(plain.URL, "http"), strings.TrimPrefix(secured.URL, "https")
	hello := exchange(`^hello (\S+) (\S+)$`, "${2}")
	hello.Labels = []probe.ExchangeLabel{{Name: "host", Value: "${1}"}}
	long := strings.Repeat("long ", 200)
	tests := map[string]struct {
		options probe.WebSocketOptions
		reason  status.Reason
		detail  string
		facts   probe.WebSocketFacts
	}{
		"opens": {probe.WebSocketOptions{URL: webSocketURL(t, "ws"+at)}, status.None, "", probe.WebSocketFacts{Code: 101, Upgraded: true}},
		"TLS":   {probe.WebSocketOptions{URL: webSocketURL(t, "wss"+securely), TLS: client}, status.None, "", probe.WebSocketFacts{Code: 101, Upgraded: true}},
		"converses": {
			probe.WebSocketOptions{
				URL: webSocketURL(t, "wss"+securely+"/x?y"), TLS: client, UserAgent: "pharos/1", Headers: http.Header{"Host": {"example.com"}},
				Conversation: []probe.Exchange{hello, {ExpectBytes: []byte("binary")}, exchange("^you said pharos/1$", long), exchange("^you said (long ){200}$", "")},
			},
			status.None, "",
			probe.WebSocketFacts{Code: 101, Upgraded: true},
		},
		"other content": {
			probe.WebSocketOptions{URL: webSocketURL(t, "ws"+at), Conversation: []probe.Exchange{{ExpectBytes: []byte("bye")}}},
			status.Body, `want "bye"`,
			probe.WebSocketFacts{Code: 101, Upgraded: true},
		},
		"password":   {probe.WebSocketOptions{URL: webSocketURL(t, "ws"+strings.Replace(at, "//", "//you:andme@", 1)+"/private")}, status.None, "", probe.WebSocketFacts{Code: 101, Upgraded: true}},
		"forbidden":  {probe.WebSocketOptions{URL: webSocketURL(t, "ws"+at+"/private")}, status.HTTPStatus, "HTTP status 403, want 101", probe.WebSocketFacts{Code: 403}},
		"no TLS":     {probe.WebSocketOptions{URL: webSocketURL(t, "wss"+at), TLS: client}, status.TLS, "TLS handshake", probe.WebSocketFacts{}},
		"refused":    {probe.WebSocketOptions{URL: webSocketURL(t, "ws://"+refused)}, status.Connect, "connection refused", probe.WebSocketFacts{}},
		"no trust":   {probe.WebSocketOptions{URL: webSocketURL(t, "wss"+securely)}, status.TLS, "unknown authority", probe.WebSocketFacts{}},
		"plain HTTP": {probe.WebSocketOptions{URL: webSocketURL(t, "ws"+securely)}, status.HTTPStatus, "HTTP status 400", probe.WebSocketFacts{Code: 400}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := result(t, probe.WebSocket(test.options), patience)
			v := probe.Limits{}.Judge(r)
			require.Equal(t, test.reason, v.Reason, v.Detail)
			require.Contains(t, v.Detail, test.detail)
			require.Equal(t, &test.facts, r.WebSocket)
			if name == "converses" {
				require.Equal(t, []probe.ExchangeLabel{{Name: "host", Value: "example.com"}}, r.Conversation.Labels)
				require.False(t, r.NotAfter.IsZero())
			}
		})
	}
}

// upgraded answers by a WebSocket, and goes on by say.
func upgraded(say func(conn net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		sum := sha1.Sum([]byte(req.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"+
			"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
		say(conn)
	}
}

func answering(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, text)
		silence(conn)
	}
}

// A hostile server is bounded in time and memory, and fails for a clear reason.
func TestWebSocketHostile(t *testing.T) {
	t.Parallel()
	say := func(text string) func(net.Conn) {
		return upgraded(func(conn net.Conn) {
			_, _ = io.WriteString(conn, text)
			silence(conn)
		})
	}
	forever := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			go silence(conn) // hears the pongs
			for {
				if _, err := io.WriteString(conn, text); err != nil {
					return
				}
			}
		}
	}
	const soon = 50 * time.Millisecond
	tests := map[string]struct {
		serve  func(net.Conn)
		limit  time.Duration
		reason status.Reason
		detail string
	}{
		"silent":          {silence, soon, status.Timeout, "no answer in time"},
		"hangs up":        {func(conn net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(conn)) }, patience, status.Connect, "the connection broke"},
		"no HTTP":         {answering("220 ESMTP\r\n\r\n"), patience, status.Protocol, "malformed HTTP"},
		"endless header":  {forever("HTTP/1.1 101 X\r\nA: b\r\n"), patience, status.Protocol, ""},
		"long header":     {answering("HTTP/1.1 101 X\r\nA: " + strings.Repeat("b", 1<<17)), patience, status.Protocol, "more than 65536 bytes"},
		"slow body":       {answering("HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\n"), patience, status.HTTPStatus, "HTTP status 401"},
		"another upgrade": {answering("HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), patience, status.Protocol, "not to a WebSocket"},
		"a wrong key":     {answering("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"), patience, status.Protocol, "not answered the key"},
		"then silent":     {upgraded(silence), soon, status.Timeout, "no answer in time"},
		"says goodbye":    {say("\x81\x01a\x88\x00"), patience, status.Body, `hung up before a line matched "^ready"; the last one was "a"`},
		"in half a frame": {upgraded(func(conn net.Conn) { _, _ = io.WriteString(conn, "\x81\x05a") }), patience, status.Connect, "the connection broke"},
		"masked":          {say("\x81\x81abcda"), patience, status.Protocol, "bits that nobody has asked for"},
		"compressed":      {say("\xc1\x01a"), patience, status.Protocol, "bits that nobody has asked for"},
		"out of order":    {say("\x80\x01a"), patience, status.Protocol, "out of order"},
		"one in another":  {say("\x01\x01a\x81\x01b"), patience, status.Protocol, "out of order"},
		"a long ping":     {say("\x89\x7e\x00\x80" + strings.Repeat("a", 128)), patience, status.Protocol, "does not allow"},
		"unknown frame":   {say("\x83\x00"), patience, status.Protocol, "does not allow"},
		"a huge frame":    {say("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), patience, status.Protocol, "a message of more than 65536 bytes"},
		"endless message": {upgraded(forever("\x00\x7e\x04\x00" + strings.Repeat("a", 1024))), patience, status.Protocol, "out of order"},
		"messages":        {upgraded(forever(strings.Repeat("\x81\x01a", 1<<10))), patience, status.Body, "more than 1048576 bytes"},
		"pings":           {upgraded(forever(strings.Repeat("\x89\x7d"+strings.Repeat("a", 125), 1<<5))), patience, status.Body, "more than 1048576 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := probe.WebSocketOptions{URL: webSocketURL(t, "ws://"+serve(t, test.serve)), Conversation: []probe.Exchange{exchange("^ready", "")}}
			requireFailure(t, verdict(t, probe.WebSocket(o), test.limit), status.Dead, test.reason, test.detail)
		})
	}
}

// A message may come in parts, with others' business in between.
func TestWebSocketFragments(t *testing.T) {
	t.Parallel()
	pong := make(chan string, 1)
	addr := serve(t, upgraded(func(conn net.Conn) {
		_, _ = io.WriteString(conn, "\x01\x03rea\x89\x02hi\x8a\x00\x80\x02dy")
		frame := make([]byte, 2+4+2)
		_, _ = io.ReadFull(conn, frame)
		for i := range 2 {
			frame[6+i] ^= frame[2+i]
		}
		pong <- string(frame[:2]) + string(frame[6:])
		silence(conn)
	}))
	o := probe.WebSocketOptions{URL: webSocketURL(t, "ws://"+addr), Conversation: []probe.Exchange{exchange("^ready$", "")}}
	require.NoError(t, result(t, probe.WebSocket(o), patience).Err)
	require.Equal(t, "\x8a\x82hi", <-pong)
}

// Whatever frames come, what is heard is bounded and reading ends.
func FuzzWebSocket(f *testing.F) {
	f.Add([]byte("\x81\x05hello"))
	f.Add([]byte("\x01\x03rea\x89\x02hi\x8a\x00\x80\x02dy\x88\x02\x03\xe8"))
	f.Add([]byte("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, frames []byte) {
		heard, err := probe.Hear(frames)
		require.Error(t, err, "the frames end")
		require.LessOrEqual(t, len(heard), len(frames))
	})
}
