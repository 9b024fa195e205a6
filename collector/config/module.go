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
		return raw, checkWebTarget("http://"+raw, "http", "https")
	case kind == module.KindHTTP:
		return raw, checkWebTarget(raw, "http", "https")
	case kind == module.KindWebsocket:
		return raw, checkWebTarget(raw, "ws", "wss")
	}
	bare := strings.TrimPrefix(raw, string(kind)+"://")
	if scheme, _, found := strings.Cut(bare, "://"); found {
		return "", fmt.Errorf("the module asks over %s, and the URL begins with %.20s://; write another target, or name another module", kind, scheme)
	}
	switch kind { //nolint:exhaustive // the others have ports, which they can do without
	case module.KindUnix:
		return bare, nil
	case module.KindICMP:
		bare = strings.TrimSuffix(strings.TrimPrefix(bare, "["), "]")
		if bare == "" || strings.ContainsAny(bare, "/@ ") || (strings.Contains(bare, ":") && net.ParseIP(bare) == nil) {
			return "", errors.New("not a host; write its name or address, without a port")
		}
		return bare, nil
	}
	return bare, checkHost(bare, kind == module.KindTCP)
}

func checkWebTarget(raw string, schemes ...string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return urlProblem(err)
	case !slices.Contains(schemes, u.Scheme):
		return fmt.Errorf("the module asks URLs that begin with %s://; write such a one, or name another module", strings.Join(schemes, ":// or "))
	case u.Hostname() == "":
		return fmt.Errorf("the URL has no host; write %s://host", schemes[0])
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
