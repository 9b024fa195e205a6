// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
)

// asciiName returns a domain name as name servers know it. A label of ASCII is left
// as it is, with the underscores that no name of a host has.
func asciiName(name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if isASCII(label) {
			continue
		}
		ascii, err := idna.Lookup.ToASCII(label)
		if err != nil {
			return "", noHost()
		}
		labels[i] = ascii
	}
	ascii := strings.Join(labels, ".")
	if _, ok := dns.IsDomainName(ascii); !ok {
		return "", noHost()
	}
	return ascii, nil
}

// noHost does not repeat the name, which may be of a password.
func noHost() error {
	return errors.New("the host is no name that can be looked up: a character of it can't stand there, or it is too long; mend it, or write it in ASCII, as in xn--bcher-kva.example for bücher.example")
}

// asciiHost converts the host of a URL to ASCII.
func asciiHost(u *url.URL) error {
	if isASCII(u.Host) || strings.HasPrefix(u.Host, "[") {
		return nil // of an address only the zone may be something else
	}
	host, err := asciiName(u.Hostname())
	if err != nil {
		return err
	}
	if port := u.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	u.Host = host
	return nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
