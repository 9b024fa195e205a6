// SPDX-License-Identifier: Apache-2.0

package xmpp

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
)

// A JID is an address: of a server, of an account or room, or, with a resource, of
// one client of an account or one occupant of a room. Its parts are in the form in
// which equal addresses are the same; two of them may be compared with ==.
type JID struct {
	Local    string // empty for servers
	Domain   string
	Resource string // may be empty
}

// maxPart bounds each part of a JID, in bytes.
const maxPart = 1023

// ParseJID reads an address such as alice@example.com/phone.
func ParseJID(text string) (JID, error) {
	address, resource, full := strings.Cut(text, "/")
	local, domain, account := strings.Cut(address, "@")
	if !account {
		local, domain = "", address
	}
	var j JID
	var err error
	if j.Domain, err = parseDomain(domain); err != nil {
		return JID{}, fmt.Errorf("address %q: %w", text, err)
	}
	if account {
		if j.Local, err = parseLocal(local); err != nil {
			return JID{}, fmt.Errorf("address %q: %w", text, err)
		}
	}
	if full {
		if j.Resource, err = parseResource(resource); err != nil {
			return JID{}, fmt.Errorf("address %q: %w", text, err)
		}
	}
	return j, nil
}

func parseDomain(text string) (string, error) {
	text = strings.TrimSuffix(text, ".")
	if text == "" {
		return "", errors.New("has no domain; write one such as alice@example.com")
	}
	// Lookup folds case and refuses what no host has; IPv4 addresses pass as names do.
	domain, err := idna.Lookup.ToUnicode(text)
	if err != nil || len(domain) > maxPart || strings.ContainsAny(domain, "@: ") {
		return "", fmt.Errorf("%q is not the name of a domain", text)
	}
	return domain, nil
}

func parseLocal(text string) (string, error) {
	local, err := precis.UsernameCaseMapped.String(text)
	switch {
	case err != nil, local == "", len(local) > maxPart, strings.ContainsAny(local, `"&'/:<>@ `):
		return "", fmt.Errorf("%q can't stand before the @", text)
	}
	return local, nil
}

func parseResource(text string) (string, error) {
	resource, err := precis.OpaqueString.String(text)
	if err != nil || resource == "" || len(resource) > maxPart || !utf8.ValidString(resource) {
		return "", fmt.Errorf("%q can't stand after the /", text)
	}
	return resource, nil
}

// Bare returns the address without its resource.
func (j JID) Bare() JID { return JID{Local: j.Local, Domain: j.Domain} }

// String returns the address in its usual form.
func (j JID) String() string {
	text := j.Domain
	if j.Local != "" {
		text = j.Local + "@" + text
	}
	if j.Resource != "" {
		text += "/" + j.Resource
	}
	return text
}

// host returns the domain as DNS and certificates have it.
func (j JID) host() string {
	if ascii, err := idna.Lookup.ToASCII(j.Domain); err == nil {
		return ascii
	}
	return j.Domain
}
