// SPDX-License-Identifier: Apache-2.0

// Package xmpp is a small client of the messaging protocol XMPP (RFC 6120, RFC 6121
// and RFC 7590), which sends texts to people and to rooms, and tells what became of
// them. It speaks over TLS alone, and keeps its session open between messages. What
// the texts say, and whether to try again, is left to its callers.
package xmpp

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/xdg-go/scram"
)

// Options are the settings of [New].
type Options struct {
	JID        JID    // of our account; its resource, if it has one, is asked for
	Password   string // of our account
	Server     string // host and port; empty: the domain's SRV records tell
	DirectTLS  bool   // Server speaks TLS from the first byte on, not after STARTTLS
	AllowPlain bool   // the password may be sent, within TLS, to a server that offers nothing better
	Unbound    bool   // the login is not bound to the TLS connection, though the server offers it

	// TLS is what TLS connections are made with; nil: the authorities of the system.
	// Certificates are verified for the domain of JID, unless ServerName is set.
	TLS *tls.Config
	// Idle is how long a session is kept open after the last message; 0: ten minutes.
	Idle time.Duration
	// Resolver finds SRV records and addresses; nil: that of the system.
	Resolver *net.Resolver
	// Logger gets what is worth knowing of a session between messages. Required.
	Logger *slog.Logger
}

// A Message is a text on its way.
type Message struct {
	ID   string // the same each time that the same message is sent
	Body string // characters that XML can't hold are left out
}

// A Room is a group chat, and who we are in it.
type Room struct {
	JID      JID
	Nick     string // another one is taken if somebody has it
	Password string // of the room; empty if it has none
}

// An Error tells what to make of a message that was not delivered.
type Error struct {
	Err     error
	Refused bool // for good: it would be refused again
	Unsure  bool // the message was written, and may arrive nevertheless
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var errClosed = errors.New("the client is closed")

// A Client sends messages of one account. Its methods are safe for concurrent use.
// It connects when there is something to send.
type Client struct {
	o       Options
	opening chan struct{} // holds the right to open a session

	mu      sync.Mutex
	current *session // nil if there is none
	closed  bool
}

// New returns a client that has not connected yet.
func New(o Options) (*Client, error) {
	switch {
	case o.JID.Local == "":
		return nil, errors.New("the address has nothing before the @; write that of an account")
	case o.Password == "":
		return nil, errors.New("the account has no password")
	}
	if _, err := scram.SHA256.NewClient(o.JID.Local, o.Password, ""); err != nil {
		return nil, errors.New("the account or its password has characters that can't be used to log in (RFC 4013)")
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	o.TLS = o.TLS.Clone()
	o.TLS.MinVersion = max(o.TLS.MinVersion, tls.VersionTLS12)
	if o.TLS.ServerName == "" {
		o.TLS.ServerName = o.JID.host()
	}
	if o.Idle == 0 {
		o.Idle = 10 * time.Minute
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return &Client{o: o, opening: make(chan struct{}, 1)}, nil
}

// Close ends the session, if there is one. No other method is called after it.
func (c *Client) Close() error {
	c.mu.Lock()
	s := c.current
	c.current, c.closed = nil, true
	c.mu.Unlock()
	if s != nil {
		s.end()
	}
	return nil
}

// acquire returns the session to send with, which stays open until it is released.
// If none is open, one is opened.
func (c *Client) acquire(ctx context.Context) (*session, error) {
	select {
	case c.opening <- struct{}{}:
		defer func() { <-c.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s, err := c.open()
	if s != nil || err != nil {
		return s, err
	}
	made, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		made.close()
		return nil, errClosed
	}
	s = newSession(made, c.o.Logger)
	s.users = 1
	c.current = s
	s.start(ctx, func() bool { return c.retire(s) })
	return s, nil
}

// open returns the session that is open, nil if there is none.
func (c *Client) open() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if c.current == nil || c.current.over() {
		c.current = nil
		return nil, nil
	}
	c.current.users++
	return c.current, nil
}

func (c *Client) release(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.users--
	s.used = time.Now()
}

// retire takes a session that was not used for long away from those who send, and
// tells whether it did.
func (c *Client) retire(s *session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.users > 0 || time.Since(s.used) < c.o.Idle {
		return false
	}
	if c.current == s {
		c.current = nil
	}
	return true
}
