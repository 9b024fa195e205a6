// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

// exchange returns a turn that expects a line, if it is to, and says one.
func exchange(expect, send string) probe.Exchange {
	e := probe.Exchange{Send: send}
	if expect != "" {
		e.Expect = regexp.MustCompile(expect)
	}
	return e
}

// tlsPair returns the configuration of a server for 127.0.0.1 and example.com,
// and of a client that trusts it.
func tlsPair(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// result runs one probe with a time limit.
func result(t testing.TB, p probe.Prober, limit time.Duration) probe.Result {
	t.Helper()
	return p.Probe(deadline(t, limit))
}

func deadline(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func TestConversation(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 4)
	addr := serve(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, ":irc NOTICE Auth\r\nPING :a.b\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		heard <- line
		_, _ = io.WriteString(conn, "welcome") // the last line has no end
	})
	e := exchange(`PING :(?P<host>[^.]+)\.(.*)`, "PONG ${host} ${2} $$")
	e.Labels = []probe.ExchangeLabel{{Name: "host", Value: "${host}"}, {Name: "all", Value: "<$0>"}}
	again := exchange("^(wel)come$", "")
	again.Labels = []probe.ExchangeLabel{{Name: "all", Value: "$1"}}

	r := result(t, probe.TCP(probe.TCPOptions{Addr: addr, Conversation: []probe.Exchange{e, again}}), patience)
	require.NoError(t, r.Err)
	require.Equal(t, "PONG a b $\n", <-heard)
	require.Equal(t, &probe.ConversationFacts{Labels: []probe.ExchangeLabel{{Name: "host", Value: "a"}, {Name: "all", Value: "wel"}}}, r.Conversation)
	var log []string
	for _, event := range r.Events {
		log = append(log, event.What+" "+event.Detail)
	}
	require.Equal(t, []string{
		"connected " + addr, "heard :irc NOTICE Auth", "heard what was expected PING :a.b",
		"said a line 10 bytes", "heard what was expected welcome",
	}, log)
}

func TestConversationLiteral(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 1)
	addr := serve(t, func(conn net.Conn) {
		line, _ := bufio.NewReader(conn).ReadString('\n')
		heard <- line
	})
	v := verdict(t, probe.TCP(probe.TCPOptions{Addr: addr, Conversation: []probe.Exchange{exchange("", "cost: $1")}}), patience)
	require.Equal(t, status.Healthy, v.Status, v.Detail)
	require.Equal(t, "cost: $1\n", <-heard, "without an expectation nothing is expanded")
}

func TestConversationBytes(t *testing.T) {
	t.Parallel()
	bytesOf := func(text string) probe.Exchange { return probe.Exchange{ExpectBytes: []byte(text)} }
	say := func(parts ...string) func(net.Conn) {
		return func(conn net.Conn) {
			for _, part := range parts {
				_, _ = io.WriteString(conn, part)
			}
		}
	}
	tests := map[string]struct {
		serve  func(net.Conn)
		turns  []probe.Exchange
		reason status.Reason
		failed bool
	}{
		"all at once":   {say("\x00\xffab"), []probe.Exchange{bytesOf("\x00\xff"), bytesOf("ab")}, status.None, false},
		"in parts":      {say("\x00", "\xff", "rest"), []probe.Exchange{bytesOf("\x00\xff")}, status.None, false},
		"after a line":  {say("line\nbytes"), []probe.Exchange{exchange("^line$", ""), bytesOf("bytes")}, status.None, false},
		"others":        {say("\x00\xfe"), []probe.Exchange{bytesOf("\x00\xff")}, status.Body, true},
		"others, short": {func(conn net.Conn) { say("-")(conn); silence(conn) }, []probe.Exchange{bytesOf("+OK")}, status.Body, true},
		"too few":       {say("\x00"), []probe.Exchange{bytesOf("\x00\xff")}, status.Connect, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := result(t, probe.TCP(probe.TCPOptions{Addr: serve(t, test.serve), Conversation: test.turns}), patience)
			require.Equal(t, test.reason, probe.Limits{}.Judge(r).Reason, "%v", r.Err)
			require.Equal(t, test.failed, r.Conversation.FailedBytes)
		})
	}
}

// A hostile target is bounded in time and memory, and fails for a clear reason.
func TestConversationFailures(t *testing.T) {
	t.Parallel()
	forever := func(chunk string) func(net.Conn) {
		return func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, chunk); err != nil {
					return
				}
			}
		}
	}
	trickle := func(conn net.Conn) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
		}
	}
	tests := map[string]struct {
		serve  func(net.Conn)
		limit  time.Duration
		reason status.Reason
		detail string
		failed bool
	}{
		"hangs up":        {func(net.Conn) {}, patience, status.Body, "hung up before", true},
		"another line":    {func(conn net.Conn) { _, _ = io.WriteString(conn, "500 no\r\n") }, patience, status.Body, `the last one was "500 no"`, true},
		"silent":          {silence, 50 * time.Millisecond, status.Timeout, "no answer in time", false},
		"then silent":     {func(conn net.Conn) { _, _ = io.WriteString(conn, "500\n"); silence(conn) }, 50 * time.Millisecond, status.Timeout, `the last one was "500"`, false},
		"byte by byte":    {trickle, 50 * time.Millisecond, status.Timeout, "no answer in time", false},
		"a line for ever": {forever(strings.Repeat("x", 1<<12)), patience, status.Protocol, "a line of more than 65536 bytes", false},
		"lines for ever":  {forever(strings.Repeat("500 no\n", 1<<10)), patience, status.Body, "more than 1048576 bytes", true},
		"binary":          {forever(strings.Repeat("\x00\xff\xfe\n", 1<<10)), patience, status.Body, `\xff`, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := result(t, probe.TCP(probe.TCPOptions{Addr: serve(t, test.serve), Conversation: []probe.Exchange{exchange("^220 ", "")}}), test.limit)
			requireFailure(t, probe.Limits{}.Judge(r), status.Dead, test.reason, test.detail)
			require.Equal(t, test.failed, r.Conversation.FailedRegexp)
			require.Less(t, len(r.Err.Error()), 2000)
			require.LessOrEqual(t, len(r.Events), 9)
		})
	}
}

func TestConversationReset(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		_ = conn.(*net.TCPConn).SetLinger(0)
	})
	turns := []probe.Exchange{exchange("", "QUIT"), exchange("^220 ", "")}
	v := verdict(t, probe.TCP(probe.TCPOptions{Addr: addr, Conversation: turns}), patience)
	requireFailure(t, v, status.Dead, status.Connect, "the connection broke")
}

// smtp speaks as much of SMTP as a probe of STARTTLS wants.
func smtp(conn net.Conn, config *tls.Config) {
	lines := bufio.NewReader(conn)
	reply := func(text string) string {
		_, _ = io.WriteString(conn, text)
		line, _ := lines.ReadString('\n')
		return line
	}
	hello := reply("220 mail.example.com ESMTP ready\r\n")
	_ = reply("250-mail.example.com " + strings.TrimSpace(hello) + "\r\n250-STARTTLS\r\n250 OK\r\n")
	_, _ = io.WriteString(conn, "220 go on\r\n")
	secured := tls.Server(conn, config)
	line, _ := bufio.NewReader(secured).ReadString('\n')
	_, _ = fmt.Fprintf(secured, "250 %s", line)
}

func TestConversationStartTLS(t *testing.T) {
	t.Parallel()
	server, client := tlsPair(t)
	addr := serve(t, func(conn net.Conn) { smtp(conn, server) })
	turns := []probe.Exchange{
		exchange("^220 ([^ ]+) ESMTP (.+)$", ""), exchange("", "EHLO prober"), exchange("^250-STARTTLS", "STARTTLS"),
		exchange("^220", ""),
		{StartTLS: true},
		exchange("", "EHLO again"), exchange("^250 EHLO again", ""),
	}
	t.Run("trusted", func(t *testing.T) {
		t.Parallel()
		r := result(t, probe.TCP(probe.TCPOptions{Addr: addr, Conversation: turns, TLS: client}), patience)
		require.NoError(t, r.Err)
		require.False(t, r.NotAfter.IsZero())
		require.Equal(t, "TLS 1.3", r.TLS.Version)
	})
	t.Run("unknown authority", func(t *testing.T) {
		t.Parallel()
		r := result(t, probe.TCP(probe.TCPOptions{Addr: addr, Conversation: turns}), patience)
		requireFailure(t, probe.Limits{}.Judge(r), status.Dead, status.TLS, "unknown authority")
		require.False(t, r.NotAfter.IsZero(), "of what the target has shown")
	})
}

func TestTLSFromTheStart(t *testing.T) {
	t.Parallel()
	server, client := tlsPair(t)
	addr := serve(t, func(conn net.Conn) {
		secured := tls.Server(conn, server)
		_, _ = io.WriteString(secured, "+OK POP3\r\n")
		silence(secured)
	})
	o := probe.TCPOptions{Addr: addr, UseTLS: true, TLS: client, Conversation: []probe.Exchange{exchange("^[+]OK", "QUIT")}}
	require.NoError(t, result(t, probe.TCP(o), patience).Err)
	o.Conversation = nil
	require.NoError(t, result(t, probe.TCP(o), patience).Err)

	stalls := probe.TCPOptions{Addr: serve(t, silence), UseTLS: true, TLS: client}
	requireFailure(t, verdict(t, probe.TCP(stalls), 50*time.Millisecond), status.Dead, status.Timeout, "TLS handshake")
	plain := probe.TCPOptions{Addr: serve(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 plain\r\n"); silence(conn) }), UseTLS: true, TLS: client}
	requireFailure(t, verdict(t, probe.TCP(plain), patience), status.Dead, status.TLS, "first record does not look like a TLS handshake")
}

// What a target says does what a plain scanner of lines does with it.
func FuzzConversation(f *testing.F) {
	f.Add("220 (a+)", "hello ${1}", "220 aaa\r\nrest", 3)
	f.Add("^$", "", "\r\r\n\n", 1)
	f.Add("(?P<x>.)y", "$x ${x}y $$", "zy", 2)
	f.Add(".", "${1000}", "\xff\x00", 1)
	f.Fuzz(func(t *testing.T, expect, send, said string, size int) {
		want, err := regexp.Compile(expect)
		if err != nil {
			t.Skip()
		}
		e := probe.Exchange{Expect: want, Send: send, Labels: []probe.ExchangeLabel{{Name: "sent", Value: send}}}
		got, facts, err := probe.Converse([]byte(said), 1+(size&0xff), e)
		line, match := scan(want, said)
		if match == nil {
			require.Error(t, err)
			require.True(t, facts.FailedRegexp)
			return
		}
		require.NoError(t, err)
		expanded := string(want.ExpandString(nil, send, line, match))
		if expanded == "" {
			require.Empty(t, got)
			return
		}
		require.Equal(t, expanded+"\n", got)
		require.LessOrEqual(t, len(facts.Labels[0].Value), 3*200)
	})
}

func scan(want *regexp.Regexp, said string) (line string, match []int) {
	lines := bufio.NewScanner(strings.NewReader(said))
	for lines.Scan() {
		if match := want.FindStringSubmatchIndex(lines.Text()); match != nil {
			return lines.Text(), match
		}
	}
	return "", nil
}
