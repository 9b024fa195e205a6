// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
)

// Chat sends a message to an account, and returns nil once the server of the account
// has taken it: that answers a ping which was sent after the message and goes the same
// way, so that the answer comes after an error of the message. Acknowledgements of
// stream management (XEP-0198) would not do, though the account be on our own server:
// they tell what the server has read, and come before it knows whether there is such
// an account. An error is an [*Error], or one that may pass.
func (c *Client) Chat(ctx context.Context, to JID, m Message) error {
	s, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.release(s)
	pingID := newID()
	text := "<message type='chat'" + head(to, m.ID) + ">" + m.content() + "</message>" + ping(to.Domain, pingID)
	answer, err := s.ask(ctx, text, func(e *element) bool { return refuses(e, m.ID) || answers(e, pingID) })
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
// other answer proves as much as a result: a server that knows no pings refuses them
// in the same order.
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
// servers may change that of the stanza. The body is shown as it is, since a label
// with asterisks in it is not meant to be bold (XEP-0393).
func (m Message) content() string {
	return "<body>" + escaped(m.Body) + "</body><unstyled xmlns='" + nsStyling + "'/><origin-id xmlns='" + nsID + "' id='" + escaped(m.ID) + "'/>"
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

// newID returns an id that nobody guesses.
func newID() string { return rand.Text() }
