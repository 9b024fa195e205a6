// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"github.com/pharos-status/pharos/internal/status"
)

// A scheme says what the URL of a replica has besides its host.
type scheme struct {
	form        string // what it looks like
	port        string // that is taken where it has none; empty: it needs one, or can do without
	portNeeded  bool
	credentials bool // it may have user information, a query and a fragment
	path        bool // it may have a path
	noHost      bool // it has no host
	check       func(*url.URL) error
}

// maxSocketPath is what fits into the address of a Unix socket, in bytes.
const maxSocketPath = 107

// schemes returns what can be watched without a module, in the order in which
// people are told.
func schemes() []string {
	return []string{"http", "https", "tcp", "icmp", "ssh", "dns", "grpc", "grpcs", "unix", "ws", "wss"}
}

func schemeOf(u *url.URL) scheme {
	switch u.Scheme {
	case "tcp":
		return scheme{form: "tcp://host:port", portNeeded: true}
	case "icmp":
		return scheme{form: "icmp://host", check: checkICMP}
	case "ssh":
		return scheme{form: "ssh://host:port", port: "22"}
	case "dns":
		return scheme{form: "dns://server:port/name?type=A", port: "53", credentials: true, path: true, check: checkDNS}
	case "grpc", "grpcs":
		return scheme{form: u.Scheme + "://host:port/service", portNeeded: true, path: true, check: checkGRPC}
	case "unix":
		return scheme{form: "unix:///path/of/socket", path: true, noHost: true, check: checkUnix}
	}
	return scheme{credentials: true, path: true} // of the web
}

// ReplicaName checks the URL of a replica that is asked without a module, and returns
// the name that the replica has if nobody gives it one: the URL without what may be
// secret. The error does not repeat the URL.
func ReplicaName(raw string) (string, error) {
	if _, err := parseTarget(raw); err != nil {
		return "", err
	}
	return status.Shorten(publicName(raw)), nil
}

// parseTarget checks the URL of a replica, and completes it. Its errors don't
// repeat the URL, which may hold a password.
func parseTarget(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, urlProblem(err)
	}
	switch {
	case raw == "":
		return nil, errors.New("the replica has no url; give it one, such as https://host/path")
	case u.Scheme == "", u.Opaque != "":
		return nil, errors.New("the URL has no scheme; begin it with one, such as https:// or tcp://")
	case !slices.Contains(schemes(), u.Scheme):
		return nil, fmt.Errorf("unknown scheme %q, want %s", u.Scheme, choice(schemes()))
	}
	s := schemeOf(u)
	if err := s.fits(u); err != nil {
		return nil, err
	}
	return u, nil
}

// fits checks that a URL is one of the scheme, and completes it.
func (s scheme) fits(u *url.URL) error {
	if (u.Hostname() == "") != s.noHost {
		if s.noHost {
			return s.misfit(u)
		}
		return fmt.Errorf("the URL has no host; write %s://host", u.Scheme)
	}
	if err := asciiHost(u); err != nil {
		return err
	}
	if s.check != nil {
		if err := s.check(u); err != nil {
			return err
		}
	}
	if err := checkPort(u, s); err != nil {
		return err
	}
	secret := u.User != nil || u.RawQuery != "" || u.Fragment != ""
	if (secret && !s.credentials) || (!s.path && u.Path != "" && u.Path != "/") {
		return s.misfit(u)
	}
	return nil
}

func (s scheme) misfit(u *url.URL) error {
	return fmt.Errorf("a URL for %s is %s and nothing else", u.Scheme, s.form)
}

// usesTLS tells whether the settings of TLS count for the URL.
func usesTLS(u *url.URL) bool {
	return slices.Contains([]string{"https", "wss", "grpcs"}, u.Scheme) || (u.Scheme == "dns" && u.Query().Get("transport") == "tls")
}

func checkPort(u *url.URL, s scheme) error {
	port := u.Port()
	switch {
	case strings.Count(u.Host, ":") > 1 && !strings.HasPrefix(u.Host, "["):
		return errors.New("an IPv6 address needs brackets; write [::1] for ::1")
	case port == "" && s.portNeeded:
		return fmt.Errorf("%s needs a port; write %s", u.Scheme, s.form)
	case port == "" && s.port != "":
		u.Host = net.JoinHostPort(u.Hostname(), s.port)
		return nil
	case port == "":
		return nil
	}
	return checkPortNumber(port)
}

func checkPortNumber(port string) error {
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return errors.New("there is no such port, want 1 to 65535") // what stands there may be of a password
	}
	return nil
}

func checkICMP(u *url.URL) error {
	if u.Port() != "" {
		return errors.New("icmp has no ports; write icmp://host")
	}
	return nil
}

func checkGRPC(u *url.URL) error {
	if strings.Contains(strings.TrimPrefix(u.Path, "/"), "/") {
		return errors.New("the path is the name of a service, which has no slash; write one such as /my.Service, or nothing for the server as a whole")
	}
	return nil
}

func checkUnix(u *url.URL) error {
	switch {
	case u.Path == "" || u.Path == "/" || u.Host != "":
		return schemeOf(u).misfit(u)
	case len(u.Path) > maxSocketPath:
		return fmt.Errorf("the path of the socket has %d bytes, want at most %d; link it to a shorter one", len(u.Path), maxSocketPath)
	}
	return nil
}

// checkDNS checks what is asked, and writes it in the form that the prober takes.
func checkDNS(u *url.URL) error {
	name, err := asciiName(strings.TrimPrefix(u.Path, "/"))
	if _, ok := dns.IsDomainName(name); !ok || name == "" || err != nil {
		return errors.New("the path is the name to ask for; write one such as dns://server/example.com?type=A")
	}
	if u.User != nil || u.Fragment != "" {
		return schemeOf(u).misfit(u)
	}
	u.Path, u.RawPath = "/"+name, ""
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("the query is not one; write ?type=A")
	}
	examples := map[string]string{"type": "type=AAAA", "class": "class=IN", "transport": "transport=tls"}
	for key, values := range query {
		if examples[key] == "" {
			return errors.New("unknown key in the query, want type, class or transport")
		}
		value := dnsValue(key, values[0])
		if value == "" || len(values) > 1 {
			return fmt.Errorf("the %s in the query is none; write one such as %s", key, examples[key])
		}
		query[key] = []string{value}
	}
	u.RawQuery = query.Encode()
	if u.Port() == "" && query.Get("transport") == "tls" {
		u.Host = net.JoinHostPort(u.Hostname(), "853")
	}
	return nil
}

// dnsValue returns the value of a key as the prober takes it, empty if there is no
// such value.
func dnsValue(key, value string) string {
	upper, lower := strings.ToUpper(value), strings.ToLower(value)
	_, isType := dns.StringToType[upper]
	_, isClass := dns.StringToClass[upper]
	switch {
	case key == "type" && isType, key == "class" && isClass:
		return upper
	case key == "transport" && slices.Contains([]string{"udp", "tcp", "tls"}, lower):
		return lower
	}
	return ""
}

// choice returns words as a list in a sentence.
func choice(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
