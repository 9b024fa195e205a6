// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Chat sends a message to an account, and returns nil once the server of the account
// has taken it: our own server says how much it has dealt with, and a server
// elsewhere answers a ping that was sent after the message and can't overtake it. An
// error is an [*Error], or one that may pass.
func (c *Client) Chat(ctx context.Context, to JID, m Message) error {
	s, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.release(s)
	text := "<message type='chat'" + head(to, m.ID) + ">" + m.content() + "</message>"
	proof, stanzas, pingID := "<r xmlns='"+nsSM+"'/>", uint32(1), ""
	if !s.managed || to.Domain != s.jid.Domain {
		pingID = newID()
		proof, stanzas = ping(to.Domain, pingID), 2
	}
	answer, err := s.ask(ctx, text+proof, stanzas, func(e *element, sent uint32) bool {
		return refuses(e, m.ID) || pingID == "" && acknowledges(e, sent) || pingID != "" && answers(e, pingID)
	})
	switch {
	case err != nil:
		return about("send to "+to.String(), err)
	case answer.is(nsClient, "message"):
		return about("send to "+to.String(), stanzaError(answer))
	case unreached(answer):
		return about("send to "+to.String(), unsure(stanzaError(answer)))
	}
	return nil
}

// unreached tells whether a ping came back because no way led to the server. Any
// other answer, a refusal too, comes from the server itself.
func unreached(answer *element) bool {
	inner := answer.child(nsClient, "error")
	return inner != nil && slices.Contains([]string{"remote-server-not-found", "remote-server-timeout"}, inner.condition(nsStanzas))
}

// about says what an error is about, and keeps what to make of it.
func about(act string, err error) error {
	out := &Error{Err: fmt.Errorf("%s: %w", act, err)}
	if of, ok := errors.AsType[*Error](err); ok {
		out.Refused, out.Unsure = of.Refused, of.Unsure
	}
	return out
}

// content returns what is in the message as XML. The id is there twice: rooms and
// servers may change that of the stanza.
func (m Message) content() string {
	return "<body>" + escaped(m.Body) + "</body><origin-id xmlns='" + nsID + "' id='" + escaped(m.ID) + "'/>"
}

func head(to JID, id string) string {
	return " to='" + escaped(to.String()) + "' id='" + escaped(id) + "'"
}

func ping(server, id string) string {
	return "<iq type='get'" + head(JID{Domain: server}, id) + "><ping xmlns='" + nsPing + "'/></iq>"
}

// answers tells whether e is the answer to the request id.
func answers(e *element, id string) bool {
	return e.is(nsClient, "iq") && e.get("id") == id && (e.get("type") == "result" || e.get("type") == "error")
}

// refuses tells whether e says that the message id was not delivered.
func refuses(e *element, id string) bool {
	return e.is(nsClient, "message") && e.get("type") == "error" && e.get("id") == id
}

// acknowledges tells whether e says that our server has dealt with as many stanzas of
// ours as were sent, counted modulo 2³².
func acknowledges(e *element, sent uint32) bool {
	if !e.is(nsSM, "a") {
		return false
	}
	h, err := strconv.ParseUint(e.get("h"), 10, 32)
	return err == nil && int32(uint32(h)-sent) >= 0 //nolint:gosec // wraps around as the counters do
}

// newID returns an id that nobody guesses.
func newID() string { return rand.Text() }
