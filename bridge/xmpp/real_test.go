// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRealServer shares one Prosody among tests that don't hinder each other.
func TestRealServer(t *testing.T) {
	t.Parallel()
	p := startProsody(t)
	t.Run("login", func(t *testing.T) { t.Parallel(); testLogin(t, p) })
	t.Run("no login", func(t *testing.T) { t.Parallel(); testNoLogin(t, p) })
	t.Run("chat", func(t *testing.T) { t.Parallel(); testChat(t, p) })
	t.Run("unknown", func(t *testing.T) { t.Parallel(); testUnknown(t, p) })
	t.Run("room", func(t *testing.T) { t.Parallel(); testRoom(t, p) })
	t.Run("closed room", func(t *testing.T) { t.Parallel(); testClosedRoom(t, p) })
	t.Run("removed", func(t *testing.T) { t.Parallel(); testRemoved(t, p) })
}

// testLogin logs in by each mechanism, since each domain offers what it is named for.
func testLogin(t *testing.T, p *prosody) {
	t.Helper()
	for _, test := range []struct {
		domain  string
		version uint16
		plain   bool
	}{
		{"example.test", tls.VersionTLS13, false},
		{"example.test", tls.VersionTLS12, false},
		{"sha1.test", tls.VersionTLS13, false},
		{"only-plus.test", tls.VersionTLS12, false},
		{"only-sha1-plus.test", tls.VersionTLS12, false},
		{"password.test", tls.VersionTLS13, true},
	} {
		for _, direct := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %s direct=%v", test.domain, tls.VersionName(test.version), direct), func(t *testing.T) {
				c := p.client(t, "Pharos@"+test.domain+"/bridge", func(o *Options) {
					o.TLS.MaxVersion, o.AllowPlain = test.version, test.plain
					if direct {
						o.Server, o.DirectTLS = p.direct, true
					}
				})
				s, err := c.connect(within(t, 10*time.Second))
				require.NoError(t, err)
				defer s.close()
				require.Equal(t, "pharos@"+test.domain+"/bridge", s.jid.String())
			})
		}
	}
}

func testNoLogin(t *testing.T, p *prosody) {
	t.Helper()
	for name, test := range map[string]struct {
		jid     string
		change  func(o *Options)
		want    string
		refused bool
	}{
		"wrong password":  {"pharos@example.test", func(o *Options) { o.Password = "wrong" }, "not-authorized", true},
		"unknown account": {"nobody@example.test", nil, "not-authorized", true},
		"no binding": {"pharos@only-plus.test", func(o *Options) {
			o.Unbound, o.TLS.MaxVersion = true, tls.VersionTLS12
		}, "the server offers no SCRAM without channel binding; set channel_binding to true", false},
		"password itself": {"pharos@password.test", nil, "set allow_plain", false},
		"foreign domain":  {"pharos@elsewhere.test", nil, "the server ended the stream: host-unknown", false},
		"unknown authority": {"pharos@example.test", func(o *Options) {
			o.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		}, "certificate signed by unknown authority", false},
		"certificate of others": {"pharos@example.test", func(o *Options) {
			o.TLS.ServerName = "elsewhere.test"
		}, "certificate is valid for", false},
		"wrong certificate by direct TLS": {"pharos@rooms.test", func(o *Options) {
			o.Server, o.DirectTLS = p.direct, true
		}, "certificate is valid for", false},
		"nobody listens": {"pharos@example.test", func(o *Options) { o.Server = "127.0.0.1:1" }, "connection refused", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := p.client(t, test.jid, test.change)
			err := c.Chat(within(t, 10*time.Second), mustJID(t, "alice@example.test"), Message{ID: "1", Body: "text"})
			require.ErrorContains(t, err, test.want)
			of, _ := errors.AsType[*Error](err)
			require.Equal(t, test.refused, of != nil && of.Refused, "%v", err)
			require.False(t, of != nil && of.Unsure, "%v", err)
			require.NotContains(t, err.Error(), "Pässword")
		})
	}
}

func testChat(t *testing.T, p *prosody) {
	t.Helper()
	const body = "Mail is <dead> since 12:01 & \"so\"\nhttps://status.example.com/?a=1&b=2 \U0001F6A8"
	for from, to := range map[string]string{
		"pharos@example.test": "alice@example.test", // proved by a ping to the own domain
		"pharos@no-ping.test": "alice@no-ping.test", // by one that is refused
		"pharos@sha1.test":    "alice@other.test",   // by one to the other domain
	} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			alice := p.peer(t, to+"/phone")
			c := p.client(t, from, nil)
			for range 3 {
				m := Message{ID: newID(), Body: body + "\x00\x1b\xff"}
				require.NoError(t, c.Chat(within(t, 10*time.Second), mustJID(t, to), m))
				got := alice.message(t, m.ID)
				require.Equal(t, body, got.childText(nsClient, "body"))
				require.Equal(t, "chat", got.get("type"))
				require.Equal(t, mustJID(t, from), got.from().Bare())
				require.Equal(t, m.ID, got.child(nsID, "origin-id").get("id"))
				require.NotNil(t, got.child(nsStyling, "unstyled"))
			}
		})
	}
}

func testUnknown(t *testing.T, p *prosody) {
	t.Helper()
	for from, to := range map[string]string{
		"pharos@example.test": "nobody@example.test",
		"pharos@no-ping.test": "nobody@no-ping.test",
		"bob@example.test":    "nobody@other.test",
	} {
		c := p.client(t, from, nil)
		err := c.Chat(within(t, 10*time.Second), mustJID(t, to), Message{ID: "1", Body: "text"})
		require.EqualError(t, err, "send to "+to+": service-unavailable", "%s → %s", from, to)
		of, _ := errors.AsType[*Error](err)
		require.True(t, of.Refused)
		require.False(t, of.Unsure)
	}
}

func testRoom(t *testing.T, p *prosody) {
	t.Helper()
	alice, bob := p.peer(t, "alice@example.test/room"), p.peer(t, "bob@other.test/room")
	alice.enter(t, "ops@rooms.test", "pharos", "") // our nick is taken
	bob.enter(t, "ops@rooms.test", "bob", "")
	c := p.client(t, "pharos@example.test", nil)
	room := Room{JID: mustJID(t, "ops@rooms.test"), Nick: "pharos"}
	for range 3 {
		m := Message{ID: newID(), Body: "text"}
		require.NoError(t, c.GroupChat(within(t, 10*time.Second), room, m))
		for _, who := range []*peer{alice, bob} {
			got := who.message(t, m.ID)
			require.Equal(t, "ops@rooms.test/pharos-2", got.get("from"))
			require.Equal(t, "groupchat", got.get("type"))
		}
	}
	joined := func(e *element) bool {
		return e.is(nsClient, "presence") && e.get("from") == "ops@rooms.test/pharos-2" && e.get("type") == ""
	}
	require.Len(t, bob.arrived(joined), 1, "joined once")
}

func testClosedRoom(t *testing.T, p *prosody) {
	t.Helper()
	alice := p.peer(t, "alice@example.test/closedroom")
	alice.enter(t, "secret@rooms.test", "alice", "")
	alice.request(t, "secret@rooms.test", `<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>
		<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>
		<field var='muc#roomconfig_roomsecret'><value>open &amp; sesame</value></field></x></query>`)
	c := p.client(t, "pharos@example.test", nil)
	send := func(room Room) error {
		return c.GroupChat(within(t, 10*time.Second), room, Message{ID: "closed", Body: "text"})
	}

	err := send(Room{JID: mustJID(t, "secret@rooms.test"), Nick: "pharos", Password: "wrong"})
	require.ErrorContains(t, err, "join room secret@rooms.test: not-authorized")
	requireRefused(t, err)
	require.NoError(t, send(Room{JID: mustJID(t, "secret@rooms.test"), Nick: "pharos", Password: "open & sesame"}))
	alice.message(t, "closed")

	err = send(Room{JID: mustJID(t, "none@rooms.test"), Nick: "pharos"})
	require.EqualError(t, err, "join room none@rooms.test: there is no such room; make it, and let it stay when nobody is in it")
	requireRefused(t, err)
	err = send(Room{JID: mustJID(t, "none@rooms.test"), Nick: "pharos"})
	require.ErrorContains(t, err, "there is no such room", "it was not left behind")
}

func testRemoved(t *testing.T, p *prosody) {
	t.Helper()
	alice := p.peer(t, "alice@example.test/removed")
	alice.enter(t, "harsh@rooms.test", "alice", "")
	c := p.client(t, "pharos@example.test", nil)
	room := Room{JID: mustJID(t, "harsh@rooms.test"), Nick: "pharos"}
	send := func(id string) error {
		return c.GroupChat(within(t, 10*time.Second), room, Message{ID: id, Body: "text"})
	}
	gone := func() {
		s, err := c.acquire(t.Context())
		require.NoError(t, err)
		defer c.release(s)
		require.Eventually(t, func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.rooms) == 0
		}, 10*time.Second, 5*time.Millisecond)
	}
	require.NoError(t, send("removed-1"))
	alice.message(t, "removed-1")

	alice.request(t, "harsh@rooms.test", "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='pharos' role='none'/></query>")
	gone()
	require.NoError(t, send("removed-2"), "who is kicked comes back")
	alice.message(t, "removed-2")

	alice.request(t, "harsh@rooms.test", "<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='pharos@example.test' affiliation='outcast'/></query>")
	gone()
	err := send("removed-3")
	require.ErrorContains(t, err, "join room harsh@rooms.test: forbidden")
	requireRefused(t, err)

	alice.request(t, "harsh@rooms.test", "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>")
	err = send("removed-4")
	require.ErrorContains(t, err, "there is no such room")
	requireRefused(t, err)
}

func requireRefused(t *testing.T, err error) {
	t.Helper()
	of, ok := errors.AsType[*Error](err)
	require.True(t, ok && of.Refused && !of.Unsure, "%v", err)
}
