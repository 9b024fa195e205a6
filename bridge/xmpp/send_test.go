// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xdg-go/scram"
)

// TestProof lets servers answer the ping behind a message, which goes to the domain of
// the recipient: who refuses it has dealt with the message nevertheless.
func TestProof(t *testing.T) {
	t.Parallel()
	refusal := func(condition string) string {
		return "<iq type='error' id='PING' from='DOMAIN'><error type='cancel'><" + condition + " xmlns='" + nsStanzas + "'/></error></iq>"
	}
	for _, answer := range []string{
		"<iq type='result' id='PING' from='DOMAIN'/>",
		"<iq type='result' id='PING'/>",
		refusal("service-unavailable"), refusal("feature-not-implemented"), refusal("forbidden"),
	} {
		for _, domain := range []string{"example.test", "elsewhere.test"} {
			f := newFake(t, func(v *visit) {
				v.welcome()
				v.hear()
				ping := v.hear()
				if ping.child(nsPing, "ping") != nil && ping.get("to") == domain {
					v.say("%s", strings.NewReplacer("PING", ping.get("id"), "DOMAIN", domain).Replace(answer))
				}
				v.hear()
			})
			err := f.client(t, nil).Chat(within(t, 10*time.Second), mustJID(t, "alice@"+domain), Message{ID: "m1", Body: "text"})
			require.NoError(t, err, "%s: %s", domain, answer)
		}
	}
}

// TestBounceAfterAcknowledgement is a server that acknowledges what it reads before it
// looks for the recipient, as ejabberd does: only the answer to the ping proves
// anything.
func TestBounceAfterAcknowledgement(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(v *visit) {
		v.startTLS()
		v.login(mechanismList("SCRAM-SHA-256"), scram.ChannelBinding{})
		v.begin("<bind xmlns='" + nsBind + "'/><sm xmlns='urn:xmpp:sm:3'/>")
		v.bound()
		for {
			e := v.hear()
			switch {
			case e.is("urn:xmpp:sm:3", "enable"):
				v.say("<enabled xmlns='urn:xmpp:sm:3'/>")
			case e.is("urn:xmpp:sm:3", "r"):
				v.say("<a xmlns='urn:xmpp:sm:3' h='1'/>")
			case e.is(nsClient, "message"):
				v.say("<a xmlns='urn:xmpp:sm:3' h='1'/>")
				v.say("<message type='error' id='%s' from='alice@example.test'><error type='cancel'><service-unavailable xmlns='%s'/></error></message>", e.get("id"), nsStanzas)
			default:
				v.pong(e)
			}
		}
	})
	err := chat(t, f.client(t, nil))
	require.EqualError(t, err, "send to alice@example.test: service-unavailable")
	requireRefused(t, err)
}
