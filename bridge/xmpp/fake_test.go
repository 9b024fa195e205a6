// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xdg-go/scram"
)

// A fake is a server that does what a test says, for what a real one never does.
type fake struct {
	address string
	tls     *tls.Config
	roots   *x509.CertPool

	mu    sync.Mutex
	conns int // accepted so far
}

// A visit is one connection to the server, which script serves. What it panics with
// is taken for the end of the connection.
type visit struct {
	net.Conn
	in     *bufio.Reader
	r      *reader
	server *fake
	number int // of the connection, from 1
}

func newFake(t testing.TB, script func(v *visit)) *fake {
	t.Helper()
	certificate, key, roots := issue(t, "example.test")
	pair, err := tls.X509KeyPair(certificate, key)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &fake{address: l.Addr().String(), tls: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"xmpp-client"}}, roots: roots}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns++
			v := &visit{Conn: conn, in: bufio.NewReader(conn), server: f, number: f.conns}
			f.mu.Unlock()
			wg.Go(func() {
				defer func() {
					_ = recover() // the end of the connection
					v.Close()
				}()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				script(v)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return f
}

// accepted returns how many connections there were.
func (f *fake) accepted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conns
}

func (f *fake) client(t testing.TB, change func(o *Options)) *Client {
	t.Helper()
	o := Options{
		JID: mustJID(t, "pharos@example.test"), Password: accountPassword, Server: f.address,
		Logger: slog.New(slog.DiscardHandler), TLS: &tls.Config{RootCAs: f.roots},
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func (v *visit) say(format string, args ...any) {
	if _, err := fmt.Fprintf(v.Conn, format, args...); err != nil {
		panic(err)
	}
}

func (v *visit) hear() *element {
	e, err := v.r.next()
	if err != nil {
		panic(err)
	}
	return e
}

// begin answers the beginning of a stream, and offers features.
func (v *visit) begin(features string) {
	v.r = newReader(v.in)
	if err := v.r.open(); err != nil {
		panic(err)
	}
	v.say("<?xml version='1.0'?><stream:stream from='example.test' id='1' version='1.0' xmlns='%s' xmlns:stream='%s'><stream:features>%s</stream:features>", nsClient, nsStream, features)
}

func (v *visit) startTLS() {
	v.begin("<starttls xmlns='" + nsTLS + "'><required/></starttls>")
	v.hear()
	v.say("<proceed xmlns='%s'/>", nsTLS)
	v.secure()
}

func (v *visit) secure() tls.ConnectionState {
	secured := tls.Server(v.Conn, v.server.tls)
	v.Conn, v.in = secured, bufio.NewReader(secured)
	if err := secured.HandshakeContext(context.Background()); err != nil {
		panic(err)
	}
	return secured.ConnectionState()
}

func mechanismList(names ...string) string {
	return "<mechanisms xmlns='" + nsSASL + "'><mechanism>" + strings.Join(names, "</mechanism><mechanism>") + "</mechanism></mechanisms>"
}

// login lets the client log in by SCRAM-SHA-256, bound to the connection if there is
// a binding, and returns the first message of the client.
func (v *visit) login(features string, binding scram.ChannelBinding) string {
	v.begin(features)
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) {
		client, err := scram.SHA256.NewClient("pharos", accountPassword, "")
		if err != nil {
			return scram.StoredCredentials{}, err
		}
		return client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt", Iters: 4096})
	})
	if err != nil {
		panic(err)
	}
	conversation := server.NewConversationWithChannelBinding(binding)
	first := decoded(v.hear())
	answer, err := conversation.Step(first)
	if err != nil {
		v.say("<failure xmlns='%s'><malformed-request/></failure>", nsSASL)
		panic(err)
	}
	v.say("<challenge xmlns='%s'>%s</challenge>", nsSASL, encoded(answer))
	answer, err = conversation.Step(decoded(v.hear()))
	if err != nil {
		v.say("<failure xmlns='%s'><not-authorized/></failure>", nsSASL)
		panic(err)
	}
	v.say("<success xmlns='%s'>%s</success>", nsSASL, encoded(answer))
	return first
}

func decoded(e *element) string {
	text, err := base64.StdEncoding.DecodeString(e.text)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// bind serves the last part of what comes before the first message.
func (v *visit) bind() {
	v.begin("<bind xmlns='" + nsBind + "'/>")
	v.bound()
}

// bound gives the client the resource that it asks for.
func (v *visit) bound() {
	v.say("<iq type='result' id='%s'><bind xmlns='%s'><jid>pharos@example.test/1</jid></bind></iq>", v.hear().get("id"), nsBind)
}

// welcome serves everything that comes before the first message.
func (v *visit) welcome() {
	v.startTLS()
	v.login(mechanismList("SCRAM-SHA-256"), scram.ChannelBinding{})
	v.bind()
}

// pong answers a ping.
func (v *visit) pong(ping *element) {
	v.say("<iq type='result' id='%s'/>", ping.get("id"))
}

func chat(t *testing.T, c *Client) error {
	t.Helper()
	return c.Chat(within(t, 10*time.Second), mustJID(t, "alice@example.test"), Message{ID: "m1", Body: "text"})
}
