// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

// An xmppService lets anybody in, and keeps the messages that it gets. Its only person
// is alice, its only room ops.
type xmppService struct {
	address, ca string
	mechanism   string // to log in by; PLAIN lets in

	mu   sync.Mutex
	kept []xmppStanza
}

// An xmppStanza is what the service reads of an element.
type xmppStanza struct {
	XMLName xml.Name
	To      string `xml:"to,attr"`
	Type    string `xml:"type,attr"`
	ID      string `xml:"id,attr"`
	Body    string `xml:"body"`
	Origin  struct {
		ID string `xml:"id,attr"`
	} `xml:"urn:xmpp:sid:0 origin-id"`
	Bind *struct{} `xml:"urn:ietf:params:xml:ns:xmpp-bind bind"`
}

func newXMPPService(t testing.TB, mechanism string) *xmppService {
	t.Helper()
	certificate, key := testkit.Certificate(t, time.Now().Add(time.Hour))
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	require.NoError(t, err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	require.NoError(t, err)
	s := &xmppService{address: l.Addr().String(), ca: filepath.Join(t.TempDir(), "ca.pem"), mechanism: mechanism}
	require.NoError(t, os.WriteFile(s.ca, []byte(certificate), 0o600))
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return s
}

func (s *xmppService) serve(conn net.Conn) {
	defer conn.Close()
	features := "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>" + s.mechanism + "</mechanism></mechanisms>"
	for in := xml.NewDecoder(conn); ; {
		token, err := in.Token()
		if err != nil {
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "stream" {
			fmt.Fprintf(conn, "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features>%s</stream:features>", features)
			continue
		}
		var e xmppStanza
		if in.DecodeElement(&e, &start) != nil {
			return
		}
		if e.XMLName.Local == "auth" {
			features = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
			in = xml.NewDecoder(conn)
		}
		fmt.Fprint(conn, s.answer(e))
	}
}

func (s *xmppService) answer(e xmppStanza) string {
	const failed = "<%s type='error' from='%s' id='%s'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></%[1]s>"
	switch {
	case e.XMLName.Local == "auth":
		return "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
	case e.Bind != nil:
		return "<iq type='result' id='" + e.ID + "'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>pharos@127.0.0.1/1</jid></bind></iq>"
	case e.XMLName.Local == "iq":
		return "<iq type='result' id='" + e.ID + "'/>"
	case !strings.HasPrefix(e.To, "alice@") && !strings.HasPrefix(e.To, "ops@"):
		return fmt.Sprintf(failed, e.XMLName.Local, e.To, e.ID)
	case e.XMLName.Local == "presence":
		return "<presence from='" + e.To + "'/>"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, e)
	if e.Type == "groupchat" {
		return "<message type='groupchat' from='" + e.To + "/pharos' id='" + e.ID + "'/>"
	}
	return ""
}

// only returns the only message that was sent until now, and forgets it.
func (s *xmppService) only(t testing.TB) xmppStanza {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(t, s.kept, 1)
	e := s.kept[0]
	s.kept = nil
	require.Equal(t, testKey, e.ID)
	require.Equal(t, testKey, e.Origin.ID)
	return e
}

func (e xmppStanza) shown() []byte {
	return untilNow.ReplaceAll(fmt.Appendf(nil, "%s %s\n\n%s\n", e.Type, e.To, e.Body), []byte("for N days"))
}

func openXMPP(t testing.TB, s *xmppService, more string) Channel {
	t.Helper()
	return open(t, &XMPP{}, `{jid: pharos@127.0.0.1, password: secret-word, server: "`+s.address+`", direct_tls: true, allow_plain: true,
		tls_config: {ca_file: "`+s.ca+`"}, to: [Alice@127.0.0.1, nobody@127.0.0.1], rooms: [{jid: ops@rooms.example.com}, {jid: none@rooms.example.com, nick: x}]`+more+`}`)
}

func TestXMPP(t *testing.T) {
	t.Parallel()
	s := newXMPPService(t, "PLAIN")
	c := openXMPP(t, s, "")
	require.Equal(t, []string{"alice@127.0.0.1", "nobody@127.0.0.1", "ops@rooms.example.com", "none@rooms.example.com"}, c.Recipients())
	require.False(t, c.Keyed())
	for _, sample := range sampleNames {
		require.NoError(t, c.Send(t.Context(), "alice@127.0.0.1", message(t, sample)), sample)
		testkit.Golden(t, "xmpp."+sample+".golden", s.only(t).shown())
	}
	m := message(t, "firing")
	m.Note, m.Over = "Told late: so it was at 12:01 UTC, 48 minutes ago.", true
	require.NoError(t, c.Send(t.Context(), "ops@rooms.example.com", m))
	testkit.Golden(t, "xmpp.late.golden", s.only(t).shown())
}

func TestXMPPLength(t *testing.T) {
	t.Parallel()
	s := newXMPPService(t, "PLAIN")
	c := openXMPP(t, s, `, text: "`+strings.Repeat("é", 2*xmppText)+`"`)
	m := message(t, "firing")
	m.Note = "Told late."
	require.NoError(t, c.Send(t.Context(), "alice@127.0.0.1", m))
	body := s.only(t).Body
	require.Len(t, []rune(body), xmppText)
	require.True(t, strings.HasSuffix(body, "\nTold late."))
}

func TestXMPPErrors(t *testing.T) {
	t.Parallel()
	s := newXMPPService(t, "PLAIN")
	c := openXMPP(t, s, "")
	for recipient, want := range map[string]string{
		"nobody@127.0.0.1":       "send to nobody@127.0.0.1: item-not-found",
		"none@rooms.example.com": "join room none@rooms.example.com: item-not-found",
		"bob@127.0.0.1":          "bob@127.0.0.1 is not a recipient of this channel",
	} {
		var of *Error
		require.ErrorAs(t, c.Send(t.Context(), recipient, message(t, "firing")), &of)
		require.EqualError(t, of, want)
		require.True(t, of.Refused)
	}
	require.Empty(t, s.kept)
	none := openXMPP(t, &xmppService{address: "127.0.0.1:1", ca: s.ca}, "")
	err := none.Send(t.Context(), "alice@127.0.0.1", message(t, "firing"))
	require.EqualError(t, err, "connect to 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused")
	var of *Error
	require.NotErrorAs(t, err, &of, "it may pass")
}

// TestXMPPChannelBinding asks for a server that binds logins to TLS connections, and
// for one that does not.
func TestXMPPChannelBinding(t *testing.T) {
	t.Parallel()
	s := newXMPPService(t, "SCRAM-SHA-256-PLUS")
	bound := openXMPP(t, s, "").Send(t.Context(), "alice@127.0.0.1", message(t, "firing"))
	require.ErrorContains(t, bound, "log in by SCRAM-SHA-256-PLUS: ")
	unbound := openXMPP(t, s, ", channel_binding: false").Send(t.Context(), "alice@127.0.0.1", message(t, "firing"))
	require.ErrorContains(t, unbound, "the server offers no SCRAM without channel binding; set channel_binding to true")
}

func TestXMPPSettings(t *testing.T) {
	t.Parallel()
	x := &XMPP{}
	require.NoError(t, decoded(t, x, `{jid: pharos@example.com, password: secret-word, rooms: [{jid: ops@rooms.example.com}]}`).Err())
	require.Equal(t, `{{ template "bridge.text" . }}`, x.Text)
	require.Equal(t, "pharos", x.Rooms[0].Nick)
	require.True(t, *x.ChannelBinding)

	const account = "{jid: pharos@example.com, password: secret-word, "
	testRefuses(t, func() Settings { return &XMPP{} }, map[string]struct{ text, want string }{
		"nothing": {`{}`, `:1: jid: address "": has no domain; write one such as alice@example.com
:1: password: is missing; set password_file to a file that holds it
:1: nobody is told; set to or rooms`},
		"addresses": {
			account + `to: [alice, a@example.com, A@example.com, b@example.com/c], rooms: [{jid: a@example.com}, {jid: r@x/n}, {jid: "@x"}]}`,
			`:1: to[0]: not the address of a person; write one such as alice@example.com, without a resource
:1: to[2]: "a@example.com" is there twice; remove one
:1: to[3]: not the address of a person; write one such as alice@example.com, without a resource
:1: rooms[0].jid: "a@example.com" is there twice; remove one
:1: rooms[1].jid: not the address of a room; write one such as ops@conference.example.com, without a nick
:1: rooms[2].jid: address "@x": "" can't stand before the @`,
		},
		"password": {`{jid: pharos@example.com, password: "secret-\u0007", to: [a@b]}`, `:1: password: the account or its password has characters that can't be used to log in (RFC 4013)`},
		"account":  {`{jid: example.com, password: secret-word, to: [a@b]}`, `:1: jid: not the address of an account; write one such as pharos@example.com`},
		"server":   {account + `to: [a@b], server: example.com}`, `:1: server: not a host and a port; write them such as xmpp.example.com:5222, or leave the server out to find it by DNS`},
		"port":     {account + `to: [a@b], server: "example.com:xmpp"}`, `:1: server: not a host and a port; write them such as xmpp.example.com:5222, or leave the server out to find it by DNS`},
		"direct":   {account + `to: [a@b], direct_tls: true}`, `:1: direct_tls: holds for server, which is not set; without it, DNS tells where direct TLS is spoken`},
		"verified": {account + `to: [a@b], tls_config: {insecure_skip_verify: true}}`, `:1: tls_config.insecure_skip_verify: the server is always verified; name in ca_file who signed its certificate, or the certificate itself`},
		"room password": {account + `rooms: [{jid: a@b, nick: "\a", password: secret-a, password_file: b}]}`, `:1: rooms[0].nick: "\a" can't be the name of an occupant
:1: rooms[0].password_file: both password and password_file are set; keep one`},
	})
}

// TestXMPPShowsNoSecret prints the settings in each way that a log may.
func TestXMPPShowsNoSecret(t *testing.T) {
	t.Parallel()
	x := &XMPP{}
	require.NoError(t, decoded(t, x, `{jid: pharos@example.com, password: secret-word, rooms: [{jid: ops@rooms.example.com, password: secret-room}]}`).Err())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", *x, x, x), "secret-")
}
