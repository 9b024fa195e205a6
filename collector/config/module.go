// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/configfile"
)

// moduleOf returns the module of a node; nil if it names none, or one that is not there.
func (l *loader) moduleOf(p configfile.Path, name string) *module.Module {
	if name == "" {
		return nil
	}
	m, ok := l.modules[name]
	if !ok {
		l.fail(p, "there is no module %q; add it to modules or module_files, or write one of %s", name, choice(slices.Sorted(maps.Keys(l.modules))))
	} else if problem := m.Problem(); problem != nil {
		first, _, _ := strings.Cut(problem.Error(), "\n")
		l.fail(p, "the module %q can't work: %s", name, first)
	}
	return m
}

// leftToModule refuses settings that a module takes the place of.
func (l *loader) leftToModule(p configfile.Path, poll *pollDocument, t *tlsDocument, ssh *sshDocument) {
	said := "the module says that; remove it here, or write it there"
	if poll != nil && poll.HTTPStatus != nil {
		l.fail(p.At("poll", "http_status"), "%s", said)
	}
	if ssh != nil {
		l.fail(p.At("ssh"), "%s", said)
	}
	if t != nil && *t != (tlsDocument{SickBefore: t.SickBefore}) {
		l.fail(p.At("tls"), "only sick_before counts beside a module, which says the rest; remove that here, or write it there")
	}
}

// moduleTarget checks what a module of some kind is asked about, and returns it as
// the module's prober wants it: without the scheme, which may be there for
// those who write the replicas of all nodes alike.
func moduleTarget(kind module.Kind, raw string) (string, error) {
	switch {
	case raw == "":
		return "", errors.New("the replica has no url; write what the module is to ask")
	case kind == module.KindHTTP && !strings.Contains(raw, "://"):
		return webTarget(raw, "http://", "http", "https")
	case kind == module.KindHTTP:
		return webTarget(raw, "", "http", "https")
	case kind == module.KindWebsocket:
		return webTarget(raw, "", "ws", "wss")
	}
	bare := strings.TrimPrefix(raw, string(kind)+"://")
	if scheme, _, found := strings.Cut(bare, "://"); found {
		if !slices.Contains(schemes(), scheme) {
			scheme = "another scheme" // what stands there may be of a password
		}
		return "", fmt.Errorf("the module asks over %s, and the URL begins with %s; write another target, or name another module", kind, scheme)
	}
	target, err := plainTarget(kind, bare)
	if err == nil && publicName(raw) == "" {
		return "", errors.New("not a host; write its name or address, an IPv6 address in brackets")
	}
	return target, err
}

// plainTarget checks a target that is no URL.
func plainTarget(kind module.Kind, target string) (string, error) {
	switch kind { //nolint:exhaustive // the others have ports, which they can do without
	case module.KindUnix:
		if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "@") {
			return "", errors.New("not the path of a socket; write one that begins with a slash, or @name")
		}
		return target, nil
	case module.KindICMP:
		host := strings.TrimSuffix(strings.TrimPrefix(target, "["), "]")
		if host == "" || strings.ContainsAny(host, "/@ ") || (strings.Contains(host, ":") && net.ParseIP(host) == nil) {
			return "", errors.New("not a host; write its name or address, without a port")
		}
		return asciiName(host)
	}
	if err := checkHost(target, kind == module.KindTCP); err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(target)
	if err != nil || isASCII(host) {
		return asciiName(target)
	}
	host, err = asciiName(host)
	return net.JoinHostPort(host, port), err
}

// webTarget checks a target that is a URL once it begins with prefix.
func webTarget(raw, prefix string, allowed ...string) (string, error) {
	u, err := url.Parse(prefix + raw)
	if err != nil {
		return "", urlProblem(err)
	}
	if err := checkWebTarget(u, allowed); err != nil || isASCII(u.Host) {
		return raw, err
	}
	err = asciiHost(u)
	return u.String(), err
}

func checkWebTarget(u *url.URL, allowed []string) error {
	switch {
	case !slices.Contains(allowed, u.Scheme):
		return fmt.Errorf("the module asks URLs that begin with %s://; write such a one, or name another module", strings.Join(allowed, ":// or "))
	case u.Hostname() == "":
		return fmt.Errorf("the URL has no host; write %s://host", allowed[0])
	}
	return checkPort(u, scheme{})
}

// checkHost checks host:port, or host alone where that will do.
func checkHost(target string, portNeeded bool) error {
	host, port, err := net.SplitHostPort(target)
	switch {
	case err == nil && host != "" && !strings.ContainsAny(host, "/@ "):
		return checkPortNumber(port)
	case portNeeded, target == "", strings.ContainsAny(target, "/@ "):
		return errors.New("not a host and its port; write host:port")
	case strings.Contains(target, ":") && net.ParseIP(strings.Trim(target, "[]")) == nil:
		return errors.New("not a host and its port; write host:port")
	}
	return nil
}
