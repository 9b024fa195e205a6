// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/bridge/words"
	"github.com/pharos-status/pharos/bridge/xmpp"
	"github.com/pharos-status/pharos/internal/configfile"
)

// xmppText bounds a message, in characters: servers must take 10,000 bytes of XML, and
// few take more than 64 KiB.
const xmppText = 4000

// XMPP are the settings of a channel that sends messages from an account of XMPP, to
// people and to rooms.
type XMPP struct {
	JID            string               `yaml:"jid"` // of the account
	Password       configfile.Secret    `yaml:"password"`
	PasswordFile   string               `yaml:"password_file"`
	To             []string             `yaml:"to"` // addresses of people
	Rooms          []XMPPRoom           `yaml:"rooms"`
	Server         string               `yaml:"server"`          // host:port; empty: by the domain's SRV records
	DirectTLS      bool                 `yaml:"direct_tls"`      // server speaks TLS without STARTTLS
	AllowPlain     bool                 `yaml:"allow_plain"`     // the password may be sent, within TLS, to a server that offers nothing better
	ChannelBinding *bool                `yaml:"channel_binding"` // the login is good for its TLS connection alone, if the server offers that; nil: true
	TLS            promconfig.TLSConfig `yaml:"tls_config"`
	Text           string               `yaml:"text"` // template
}

// An XMPPRoom is a group chat.
type XMPPRoom struct {
	JID          string            `yaml:"jid"`
	Nick         string            `yaml:"nick"` // our name in the room
	Password     configfile.Secret `yaml:"password"`
	PasswordFile string            `yaml:"password_file"`
}

// Check implements [Settings].
func (x *XMPP) Check(f *configfile.File, p configfile.Path, w *words.Words) configfile.Errors {
	c := checker{file: f, path: p, words: w}
	account, err := xmpp.ParseJID(x.JID)
	if err != nil {
		c.errorf("jid", "%v", err)
	} else if account.Local == "" {
		c.errorf("jid", "not the address of an account; write one such as pharos@example.com")
	}
	c.secret("password", &x.Password, x.PasswordFile)
	if len(c.errs) == 0 {
		if _, err := xmpp.New(xmpp.Options{JID: account, Password: string(x.Password)}); err != nil {
			c.errorf("password", "%v", err)
		}
	}
	x.checkServer(&c)
	x.checkRooms(&c, x.checkTo(&c))
	if len(x.To)+len(x.Rooms) == 0 {
		c.errs = append(c.errs, f.Errorf(p, "nobody is told; set to or rooms"))
	}
	c.template("text", &x.Text, `{{ template "bridge.text" . }}`)
	if x.ChannelBinding == nil {
		x.ChannelBinding = new(true)
	}
	return c.errs
}

func (x *XMPP) checkServer(c *checker) {
	if x.Server != "" {
		host, port, err := net.SplitHostPort(x.Server)
		if number, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || number == 0 || host == "" {
			c.errorf("server", "not a host and a port; write them such as xmpp.example.com:5222, or leave the server out to find it by DNS")
		}
	} else if x.DirectTLS {
		c.errorf("direct_tls", "holds for server, which is not set; without it, DNS tells where direct TLS is spoken")
	}
	x.TLS.SetDirectory(filepath.Dir(c.file.Name()))
	if x.TLS.InsecureSkipVerify {
		c.nested("tls_config", "insecure_skip_verify", "the server is always verified; name in ca_file who signed its certificate, or the certificate itself")
	} else if _, err := promconfig.NewTLSConfig(&x.TLS); err != nil {
		c.errorf("tls_config", "%v", err)
	}
}

// checkTo returns the addresses of people.
func (x *XMPP) checkTo(c *checker) (seen []xmpp.JID) {
	for i, text := range x.To {
		p := c.path.At("to", i)
		to, err := xmpp.ParseJID(text)
		switch {
		case err != nil:
			c.errs = append(c.errs, c.file.Errorf(p, "%v", err))
		case to.Local == "" || to.Resource != "":
			c.errs = append(c.errs, c.file.Errorf(p, "not the address of a person; write one such as alice@example.com, without a resource"))
		case slices.Contains(seen, to):
			c.errs = append(c.errs, c.file.Errorf(p, "%q is there twice; remove one", to))
		}
		seen = append(seen, to)
	}
	return seen
}

// checkRooms checks the rooms, which may not be among the addresses that were seen.
func (x *XMPP) checkRooms(c *checker, seen []xmpp.JID) {
	for i := range x.Rooms {
		r := &x.Rooms[i]
		inner := checker{file: c.file, path: c.path.At("rooms", i)}
		jid, err := xmpp.ParseJID(r.JID)
		switch {
		case err != nil:
			inner.errorf("jid", "%v", err)
		case jid.Local == "" || jid.Resource != "":
			inner.errorf("jid", "not the address of a room; write one such as ops@conference.example.com, without a nick")
		case slices.Contains(seen, jid):
			inner.errorf("jid", "%q is there twice; remove one", jid)
		}
		seen = append(seen, jid)
		if r.Nick == "" {
			r.Nick = "pharos"
		}
		if _, err := xmpp.ParseJID("example.com/" + r.Nick); err != nil {
			inner.errorf("nick", "%q can't be the name of an occupant", r.Nick)
		}
		secret, secretErr := c.file.Secret(inner.path, "password", r.Password, r.PasswordFile)
		if secretErr != nil {
			inner.errs = append(inner.errs, secretErr)
		}
		r.Password = secret
		c.errs = append(c.errs, inner.errs...)
	}
}

// Open implements [Settings].
func (x *XMPP) Open(o Options) (Channel, error) {
	account, err := xmpp.ParseJID(x.JID)
	if err != nil {
		return nil, err
	}
	tls, err := promconfig.NewTLSConfig(&x.TLS)
	if err != nil {
		return nil, fmt.Errorf("tls_config: %w", err)
	}
	client, err := xmpp.New(xmpp.Options{
		JID: account, Password: string(x.Password), Server: x.Server, DirectTLS: x.DirectTLS, AllowPlain: x.AllowPlain,
		Unbound: x.ChannelBinding != nil && !*x.ChannelBinding, TLS: tls, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open a client of %s: %w", account.Bare(), err)
	}
	s := &xmppSender{o: o, text: x.Text, client: client}
	for _, text := range x.To {
		to, err := xmpp.ParseJID(text)
		if err != nil {
			return nil, err
		}
		s.to = append(s.to, xmppRecipient{person: to, shown: to.String()})
	}
	for _, r := range x.Rooms {
		jid, err := xmpp.ParseJID(r.JID)
		if err != nil {
			return nil, err
		}
		s.to = append(s.to, xmppRecipient{room: &xmpp.Room{JID: jid, Nick: r.Nick, Password: string(r.Password)}, shown: jid.String()})
	}
	return s, nil
}

// An xmppSender sends with one client. People and rooms are recipients alike.
type xmppSender struct {
	o      Options
	text   string // template
	to     []xmppRecipient
	client *xmpp.Client
}

// An xmppRecipient is a person or a room.
type xmppRecipient struct {
	shown  string
	person xmpp.JID
	room   *xmpp.Room // nil for a person
}

func (x *xmppSender) Recipients() []string {
	all := make([]string, len(x.to))
	for i, to := range x.to {
		all[i] = to.shown
	}
	return all
}

func (x *xmppSender) Send(ctx context.Context, recipient string, m Message) error {
	i := slices.IndexFunc(x.to, func(to xmppRecipient) bool { return to.shown == recipient })
	if i < 0 {
		return refuse("%s is not a recipient of this channel", recipient)
	}
	message := xmpp.Message{ID: m.Key, Body: m.fit(m.in(x.o.Words).Text(x.text, m.Notification), xmppText)}
	if room := x.to[i].room; room != nil {
		return fromXMPP(x.client.GroupChat(ctx, *room, message))
	}
	return fromXMPP(x.client.Chat(ctx, x.to[i].person, message))
}

// fromXMPP tells of an error of the client in the words of channels.
func fromXMPP(err error) error {
	if of, ok := errors.AsType[*xmpp.Error](err); ok {
		return &Error{Err: err, Refused: of.Refused, Unsure: of.Unsure}
	}
	return err
}

// Keyed is false: clients may hide a message that comes twice with the same id, but
// none has to.
func (x *xmppSender) Keyed() bool { return false }

func (x *xmppSender) Close() error { return x.client.Close() }
