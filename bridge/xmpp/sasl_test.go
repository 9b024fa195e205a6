// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xdg-go/scram"
)

// TestBinding logs in with every kind of channel binding, and checks what the client
// says where none is possible.
func TestBinding(t *testing.T) {
	t.Parallel()
	kinds := func(names ...string) string {
		return "<sasl-channel-binding xmlns='" + nsBinding + "'><channel-binding type='" + strings.Join(names, "'/><channel-binding type='") + "'/></sasl-channel-binding>"
	}
	both := mechanismList("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS")
	for name, test := range map[string]struct {
		features string
		version  uint16
		kind     scram.ChannelBindingType // that the server demands
		begins   string
		unbound  bool
	}{
		"TLS 1.3":             {both, tls.VersionTLS13, scram.ChannelBindingTLSExporter, "p=tls-exporter,,", false},
		"TLS 1.3, exporter":   {both + kinds("tls-server-end-point", "tls-exporter"), tls.VersionTLS13, scram.ChannelBindingTLSExporter, "p=tls-exporter,,", false},
		"TLS 1.3, end point":  {both + kinds("tls-server-end-point"), tls.VersionTLS13, scram.ChannelBindingTLSServerEndpoint, "p=tls-server-end-point,,", false},
		"TLS 1.3, impossible": {both + kinds("tls-unique"), tls.VersionTLS13, scram.ChannelBindingNone, "n,,", false},
		"TLS 1.2":             {both, tls.VersionTLS12, scram.ChannelBindingTLSUnique, "p=tls-unique,,", false},
		"TLS 1.2, exporter":   {both + kinds("tls-exporter", "tls-unique"), tls.VersionTLS12, scram.ChannelBindingTLSExporter, "p=tls-exporter,,", false},
		"not offered":         {mechanismList("SCRAM-SHA-256"), tls.VersionTLS13, scram.ChannelBindingNone, "y,,", false},
		"turned off":          {both, tls.VersionTLS13, scram.ChannelBindingNone, "n,,", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := make(chan string, 1)
			f := newFake(t, func(v *visit) {
				state := v.secure()
				first <- v.login(test.features, serverBinding(test.kind, state, v.server.tls.Certificates[0].Leaf))
				v.bind()
				v.hear() // nothing comes but the end
			})
			c := f.client(t, func(o *Options) { o.DirectTLS, o.TLS.MaxVersion, o.Unbound = true, test.version, test.unbound })
			s, err := c.connect(within(t, 10*time.Second))
			require.NoError(t, err)
			s.close()
			require.True(t, strings.HasPrefix(<-first, test.begins+"n=pharos,"))
		})
	}
}

func serverBinding(kind scram.ChannelBindingType, state tls.ConnectionState, leaf *x509.Certificate) (binding scram.ChannelBinding) {
	var err error
	switch kind {
	case scram.ChannelBindingNone:
	case scram.ChannelBindingTLSUnique:
		binding = scram.NewTLSUniqueBinding(state.TLSUnique)
	case scram.ChannelBindingTLSExporter:
		binding, err = scram.NewTLSExporterBinding(&state)
	case scram.ChannelBindingTLSServerEndpoint:
		binding, err = scram.NewTLSServerEndpointBinding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}})
	}
	if err != nil {
		panic(err)
	}
	return binding
}

// TestDowngrade takes the offer of channel binding away, as somebody in between does:
// a server that made it sees that from what the client says.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(v *visit) {
		state := v.secure()
		v.login(mechanismList("SCRAM-SHA-256"), serverBinding(scram.ChannelBindingTLSExporter, state, nil))
	})
	require.ErrorContains(t, chat(t, f.client(t, func(o *Options) { o.DirectTLS = true })), "log in by SCRAM-SHA-256: the server refused the login: malformed-request")
}

// TestRefusedLogin checks what the client makes of a refusal, and that it names the
// setting that may help where the login was bound to the connection.
func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	const hint = "; if the password is right, and the server can't bind logins to TLS, as behind a proxy that ends it, set channel_binding to false"
	for _, test := range []struct {
		mechanism, condition string
		refused              bool
	}{
		{"SCRAM-SHA-256-PLUS", "malformed-request", true},
		{"SCRAM-SHA-256-PLUS", "temporary-auth-failure", false},
		{"SCRAM-SHA-256", "not-authorized", true},
		{"SCRAM-SHA-256", "temporary-auth-failure", false},
		{"SCRAM-SHA-256", "aborted", false},
	} {
		f := newFake(t, func(v *visit) {
			v.startTLS()
			v.begin(mechanismList(test.mechanism))
			v.hear()
			v.say("<failure xmlns='%s'><%s/></failure>", nsSASL, test.condition)
			v.hear()
		})
		want := "connect to " + f.address + ": log in by " + test.mechanism + ": the server refused the login: " + test.condition
		if test.refused && strings.HasSuffix(test.mechanism, "-PLUS") {
			want += hint
		}
		err := chat(t, f.client(t, nil))
		require.EqualError(t, err, want)
		of, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		require.Equal(t, test.refused, of.Refused)
		require.False(t, of.Unsure)
	}
}

// TestBadServers are servers that mean no good: the client tells what is wrong, and
// gives nothing away.
func TestBadServers(t *testing.T) {
	t.Parallel()
	scramBegins := func(v *visit) string {
		v.startTLS()
		v.begin(mechanismList("SCRAM-SHA-256"))
		nonce := decoded(v.hear())
		return nonce[strings.Index(nonce, "r=")+2:]
	}
	large := strings.Repeat("x", maxStanza)
	for name, test := range map[string]struct {
		script func(v *visit)
		want   string
	}{
		"no TLS": {func(v *visit) { v.begin(mechanismList("PLAIN", "SCRAM-SHA-1")); v.hear() }, "the server offers no TLS, without which nothing is sent"},
		"TLS refused": {func(v *visit) {
			v.begin("<starttls xmlns='" + nsTLS + "'/>")
			v.hear()
			v.say("<failure xmlns='%s'/>", nsTLS)
		}, "the server refused to begin TLS"},
		"data before TLS": {func(v *visit) {
			v.begin("<starttls xmlns='" + nsTLS + "'/>")
			v.hear()
			v.say("<proceed xmlns='%s'/><message/>", nsTLS)
			v.hear()
		}, "somebody sent data between STARTTLS and TLS"},
		"elsewhere": {func(v *visit) { v.startTLS(); v.begin(""); v.hear() }, "offers no way to log in"},
		"see other host": {func(v *visit) {
			v.r = newReader(v.in)
			_ = v.r.open()
			v.say("<stream:stream xmlns='%s' xmlns:stream='%s'><stream:error><see-other-host xmlns='%s'>evil.example</see-other-host></stream:error>", nsClient, nsStream, nsErrors)
		}, "the server ended the stream: see-other-host"},
		"another protocol": {func(v *visit) { v.say("HTTP/1.1 400 Bad Request\r\n\r\n<html></html>") }, "what answers does not speak XMPP"},
		"endless": {func(v *visit) {
			v.say("<stream:stream xmlns:stream='%s' a='%s", nsStream, large)
			_, _ = io.Copy(io.Discard, v.in)
		}, errTooLarge.Error()},
		"unknown login": {func(v *visit) { v.startTLS(); v.begin(mechanismList("EXTERNAL", "GSSAPI")); v.hear() }, "it offers EXTERNAL, GSSAPI"},
		"no proof": {func(v *visit) {
			scramBegins(v)
			v.say("<success xmlns='%s'/>", nsSASL)
			v.hear()
		}, "log in by SCRAM-SHA-256"},
		"wrong proof": {func(v *visit) {
			nonce := scramBegins(v)
			v.say("<challenge xmlns='%s'>%s</challenge>", nsSASL, encoded("r="+nonce+"abc,s=c2FsdA==,i=4096"))
			v.hear()
			v.say("<success xmlns='%s'>%s</success>", nsSASL, encoded("v=AAAA"))
			v.hear()
		}, "server validation failed"},
		"much work": {func(v *visit) {
			nonce := scramBegins(v)
			v.say("<challenge xmlns='%s'>%s</challenge>", nsSASL, encoded("r="+nonce+"abc,s=c2FsdA==,i=2000000000"))
			v.hear()
		}, "more than 1000000 iterations"},
		"little work": {func(v *visit) {
			nonce := scramBegins(v)
			v.say("<challenge xmlns='%s'>%s</challenge>", nsSASL, encoded("r="+nonce+"abc,s=c2FsdA==,i=1"))
			v.hear()
		}, "too few iterations"},
		"endless login": {func(v *visit) {
			nonce := scramBegins(v)
			for {
				v.say("<challenge xmlns='%s'>%s</challenge>", nsSASL, encoded("r="+nonce+"abc,s=c2FsdA==,i=4096"))
				v.hear()
			}
		}, "log in by SCRAM-SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, test.script)
			err := chat(t, f.client(t, nil))
			require.ErrorContains(t, err, test.want)
			of, ok := errors.AsType[*Error](err)
			require.False(t, ok && (of.Refused || of.Unsure), "%v", err)
		})
	}
}
