// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"encoding/xml"
	"strings"
)

// Namespaces of the protocol.
const (
	nsStream  = "http://etherx.jabber.org/streams"
	nsClient  = "jabber:client"
	nsTLS     = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL    = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBinding = "urn:xmpp:sasl-cb:0"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsPing    = "urn:xmpp:ping"
	nsStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas"
	nsErrors  = "urn:ietf:params:xml:ns:xmpp-streams"
	nsMUC     = "http://jabber.org/protocol/muc"
	nsMUCUser = "http://jabber.org/protocol/muc#user"
	nsID      = "urn:xmpp:sid:0"
	nsStyling = "urn:xmpp:styling:0"
)

// An element is one of a stream, with all that is in it.
type element struct {
	name     xml.Name
	attr     []xml.Attr
	children []*element
	text     string
}

// is tells whether the element has a name.
func (e *element) is(space, local string) bool {
	return e.name.Space == space && e.name.Local == local
}

// get returns an attribute that has no namespace; empty if it is not there.
func (e *element) get(name string) string {
	for _, a := range e.attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// from returns who sent a stanza; the zero JID is the server, for our account, or
// nobody that has an address.
func (e *element) from() JID {
	j, err := ParseJID(e.get("from"))
	if err != nil {
		return JID{}
	}
	return j
}

// child returns the first child of a name; nil if there is none.
func (e *element) child(space, local string) *element {
	for _, c := range e.children {
		if c.is(space, local) {
			return c
		}
	}
	return nil
}

// childText returns what stands in the first child of a name.
func (e *element) childText(space, local string) string {
	if c := e.child(space, local); c != nil {
		return c.text
	}
	return ""
}

// condition returns the first child of a namespace that is no text: what an error
// says that happened.
func (e *element) condition(space string) string {
	for _, c := range e.children {
		if c.name.Space == space && c.name.Local != "text" {
			return c.name.Local
		}
	}
	return "undefined-condition"
}

// escaped returns text as it stands in XML, without the characters that can't.
func escaped(text string) string {
	text = strings.Map(func(r rune) rune {
		if allowed(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// allowed tells whether XML 1.0 can hold a character.
func allowed(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return true
	case r < 0x20, r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}
