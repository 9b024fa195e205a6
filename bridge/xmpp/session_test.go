// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestUnsure lets the server go after it has taken a message.
func TestUnsure(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"reset":        "",
		"stream error": "<stream:error><system-shutdown xmlns='" + nsErrors + "'/></stream:error></stream:stream>",
		"not XML":      "<message><body>&nbsp;</body></message>",
		"too large":    "<message><body>" + strings.Repeat("x", maxStanza) + "</body></message>",
		"comment":      "<!-- -->",
		"unreached":    "<iq type='error' id='PING'><error type='cancel'><remote-server-not-found xmlns='" + nsStanzas + "'/></error></iq>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, func(v *visit) {
				v.welcome()
				v.hear()
				v.say("%s", strings.Replace(answer, "PING", v.hear().get("id"), 1))
				if name == "reset" {
					v.Close()
				}
				v.hear()
			})
			err := chat(t, f.client(t, nil))
			of, ok := errors.AsType[*Error](err)
			require.True(t, ok && of.Unsure && !of.Refused, "%v", err)
		})
	}
}

// TestAnotherConnection sends the next message on a new connection once the first one
// answers no more.
func TestAnotherConnection(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(v *visit) {
		v.welcome()
		for v.number > 1 { // the first connection answers nothing
			v.hear()
			v.pong(v.hear())
		}
		for {
			v.hear()
		}
	})
	c := f.client(t, nil)
	to := mustJID(t, "alice@example.test")
	err := c.Chat(within(t, time.Second), to, Message{ID: "m1", Body: "text"})
	require.ErrorIs(t, err, errSilent)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, chat(t, c))
	require.NoError(t, chat(t, c))
	require.Equal(t, 2, f.accepted())
}

// TestTogether sends many messages at once through one connection.
func TestTogether(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(v *visit) {
		v.welcome()
		for {
			if e := v.hear(); e.is(nsClient, "iq") {
				v.pong(e)
			}
		}
	})
	c := f.client(t, nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := c.Chat(within(t, 10*time.Second), JID{Local: rand.Text(), Domain: "example.test"}, Message{ID: rand.Text()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, f.accepted())
}

// TestAnswers checks what the client answers when it is asked something.
func TestAnswers(t *testing.T) {
	t.Parallel()
	var answers []string
	f := newFake(t, func(v *visit) {
		v.welcome()
		v.hear()
		ping := v.hear()
		v.say("<iq type='get' id='p' from='example.test'><ping xmlns='%s'/></iq>", nsPing)
		v.say("<iq type='get' id='&lt;' from='a@b/&lt;'><query xmlns='jabber:iq:version'/></iq><presence/> ")
		for range 2 {
			e := v.hear()
			answers = append(answers, e.name.Local+" "+e.get("type")+" "+e.get("id")+" "+e.get("to"))
		}
		v.pong(ping)
		v.hear()
	})
	require.NoError(t, chat(t, f.client(t, nil)))
	require.Equal(t, []string{"iq result p example.test", "iq error < a@b/<"}, answers)
}

// TestErrors checks what becomes of a message that comes back.
func TestErrors(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"<error type='cancel'><item-not-found xmlns='" + nsStanzas + "'/></error>":                       true,
		"<error type='auth'><forbidden xmlns='" + nsStanzas + "'/></error>":                              true,
		"<error type='modify'><not-acceptable xmlns='" + nsStanzas + "'/></error>":                       true,
		"<error type='wait'><resource-constraint xmlns='" + nsStanzas + "'/></error>":                    false,
		"<error type='wait'><remote-server-timeout xmlns='" + nsStanzas + "'/></error>":                  false,
		"<error type='cancel'><remote-server-not-found xmlns='" + nsStanzas + "'/></error>":              false,
		"<error type='cancel'><internal-server-error xmlns='" + nsStanzas + "'/></error>":                false,
		"<error type='continue'><policy-violation xmlns='" + nsStanzas + "'/></error>":                   false,
		"<error><text xmlns='" + nsStanzas + "'>a\u202e" + strings.Repeat("b ", 200) + "</text></error>": false,
		"": false,
	} {
		f := newFake(t, func(v *visit) {
			v.welcome()
			v.say("<message type='error' id='%s'>%s</message>", v.hear().get("id"), text)
			v.hear()
		})
		err := chat(t, f.client(t, nil))
		of, ok := errors.AsType[*Error](err)
		require.True(t, ok, "%s: %v", text, err)
		require.Equal(t, refused, of.Refused, text)
		require.False(t, of.Unsure, text)
		require.Less(t, len(err.Error()), 300)
		require.NotContains(t, err.Error(), "\u202e")
	}
}
