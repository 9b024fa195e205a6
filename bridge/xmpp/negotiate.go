// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// farewell bounds how long the last words of a stream may take.
const farewell = time.Second

// A stream is a connection to our server, on its way to be logged in, or logged in.
type stream struct {
	conn net.Conn
	in   *bufio.Reader // of conn
	r    *reader

	jid      JID     // ours, with the resource that the server gave
	features element // what the server offered last
}

func newStream(conn net.Conn) *stream {
	return &stream{conn: conn, in: bufio.NewReader(conn)}
}

// close ends the connection without a word.
func (s *stream) close() { s.conn.Close() }

// write sends what is XML already.
func (s *stream) write(text string) error {
	_, err := s.conn.Write([]byte(text))
	return err
}

// negotiate secures a connection and logs in.
func (c *Client) negotiate(ctx context.Context, conn net.Conn, direct bool) (*stream, error) {
	if !direct {
		plain := newStream(conn)
		if err := plain.startTLS(c.o.JID); err != nil {
			return nil, err
		}
	}
	secured, err := c.secure(ctx, conn, direct)
	if err != nil {
		return nil, err
	}
	s := newStream(secured)
	if err := s.begin(c.o.JID, true); err != nil {
		return nil, err
	}
	if err := c.login(s, secured.ConnectionState()); err != nil {
		return nil, err
	}
	if err := s.begin(c.o.JID, true); err != nil {
		return nil, err
	}
	return s, s.bind(c.o.JID)
}

// begin begins a stream, or begins it anew, and reads what the server offers. The
// account is named only where nobody else can read.
func (s *stream) begin(account JID, secret bool) error {
	from := ""
	if secret {
		from = " from='" + escaped(account.Bare().String()) + "'"
	}
	err := s.write("<?xml version='1.0'?><stream:stream" + from + " to='" + escaped(account.Domain) +
		"' version='1.0' xml:lang='en' xmlns='" + nsClient + "' xmlns:stream='" + nsStream + "'>")
	if err != nil {
		return err
	}
	s.r = newReader(s.in)
	if err := s.r.open(); err != nil {
		return err
	}
	features, err := s.r.next()
	if err != nil {
		return err
	}
	if !features.is(nsStream, "features") {
		return errors.New("the server did not say what it offers")
	}
	s.features = *features
	return nil
}

// startTLS agrees with the server that TLS comes next.
func (s *stream) startTLS(account JID) error {
	if err := s.begin(account, false); err != nil {
		return err
	}
	if s.features.child(nsTLS, "starttls") == nil {
		return errors.New("the server offers no TLS, without which nothing is sent")
	}
	if err := s.write("<starttls xmlns='" + nsTLS + "'/>"); err != nil {
		return err
	}
	answer, err := s.r.next()
	switch {
	case err != nil:
		return err
	case !answer.is(nsTLS, "proceed"):
		return errors.New("the server refused to begin TLS")
	case s.in.Buffered() > 0:
		// It would be taken for what came within TLS, by whoever is careless.
		return errors.New("somebody sent data between STARTTLS and TLS")
	}
	return nil
}

// bind gives our end of the stream an address.
func (s *stream) bind(account JID) error {
	resource := ""
	if account.Resource != "" {
		resource = "<resource>" + escaped(account.Resource) + "</resource>"
	}
	err := s.write("<iq type='set' id='bind'><bind xmlns='" + nsBind + "'>" + resource + "</bind></iq>")
	if err != nil {
		return err
	}
	answer, err := s.r.next()
	if err != nil {
		return err
	}
	bound := answer.child(nsBind, "bind")
	if !answer.is(nsClient, "iq") || answer.get("type") != "result" || bound == nil {
		return fmt.Errorf("the server gave us no resource: %w", stanzaError(answer).Err) // of whatever kind: trying again may help
	}
	s.jid, err = ParseJID(bound.childText(nsBind, "jid"))
	if err != nil {
		return fmt.Errorf("the server gave us no resource: %w", err)
	}
	return nil
}
