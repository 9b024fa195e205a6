// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// portSSH is taken where an ssh URL has no port.
const portSSH = "22"

// targets returns the replicas of a node in mode poll.
func (l *loader) targets(p configfile.Path, all []replicaDocument, above Poll) []Replica {
	replicas := make([]Replica, len(all))
	seen := map[string]int{}
	alike := map[string]int{}
	for i, d := range all {
		at := p.At(i)
		r := Replica{Name: d.Name, Poll: l.poll(at.At("poll"), d.Poll, above)}
		l.name(at.At("name"), d.Name)
		u, err := parseTarget(string(d.URL))
		if err != nil {
			l.fail(at, "%v", err)
		} else {
			r.URL = u
		}
		if first, ok := seen[string(d.URL)]; ok && err == nil && d.Name == "" {
			l.fail(at, "duplicate replica; it is number %d of the list already, so remove it, or give it a name", first+1)
			continue
		}
		seen[string(d.URL)] = i
		if r.Name == "" && err == nil {
			r.Name = publicName(string(d.URL))
			alike[r.Name]++
		}
		replicas[i] = r
	}
	for i, d := range all {
		if name := replicas[i].Name; d.Name == "" && alike[name] > 1 {
			replicas[i].Name = name + "#" + shortHash(string(d.URL))
		}
	}
	l.distinct(p, replicas)
	return replicas
}

// distinct shortens the names of replicas and checks that they differ.
func (l *loader) distinct(p configfile.Path, replicas []Replica) {
	seen := map[string]int{}
	for i := range replicas {
		r := &replicas[i]
		if r.Name == "" {
			continue // it is wrong otherwise
		}
		r.Name = status.Shorten(r.Name)
		if first, ok := seen[r.Name]; ok {
			l.fail(p.At(i), "duplicate replica: number %d of the list is called %q as well; give one of them another name", first+1, r.Name)
		}
		seen[r.Name] = i
	}
}

// name checks a name that was given.
func (l *loader) name(p configfile.Path, name string) {
	if problem := nameProblem(name); problem != "" {
		l.fail(p, "%s", problem)
	}
}

// publicName returns a URL without what could be secret.
func publicName(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

// shortHash tells URLs with the same public name apart. It is so short that it
// does not prove a guess at what is secret in the URL.
func shortHash(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:2])
}

// parseTarget checks the URL of a replica. Its errors don't repeat the URL,
// which may hold a password.
func parseTarget(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, urlProblem(err)
	}
	switch {
	case raw == "":
		return nil, errors.New("the replica has no url; give it one, such as https://host/path")
	case u.Scheme == "", u.Opaque != "":
		return nil, errors.New("the URL has no scheme; begin it with http://, https://, tcp://, icmp:// or ssh://")
	case !slices.Contains([]string{"http", "https", "tcp", "icmp", "ssh"}, u.Scheme):
		return nil, fmt.Errorf("unknown scheme %q, want http, https, tcp, icmp or ssh", u.Scheme)
	case u.Hostname() == "":
		return nil, fmt.Errorf("the URL has no host; write %s://host", u.Scheme)
	}
	if err := checkPort(u); err != nil {
		return nil, err
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u, nil
	}
	if u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("a URL for %s is %s and nothing else", u.Scheme, forms()[u.Scheme])
	}
	return u, nil
}

func forms() map[string]string {
	return map[string]string{"tcp": "tcp://host:port", "icmp": "icmp://host", "ssh": "ssh://host:port"}
}

func checkPort(u *url.URL) error {
	port := u.Port()
	switch {
	case strings.Count(u.Host, ":") > 1 && !strings.HasPrefix(u.Host, "["):
		return errors.New("an IPv6 address needs brackets; write [::1] for ::1")
	case u.Scheme == "icmp" && port != "":
		return errors.New("icmp has no ports; write icmp://host")
	case u.Scheme == "tcp" && port == "":
		return errors.New("tcp needs a port; write tcp://host:port")
	case u.Scheme == "ssh" && port == "":
		u.Host = net.JoinHostPort(u.Hostname(), portSSH)
		return nil
	case port == "":
		return nil
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return errors.New("there is no such port, want 1 to 65535") // what stands there may be of a password
	}
	return nil
}

// urlProblem says what is wrong with a URL, and nothing that stands in it.
func urlProblem(err error) error {
	if errors.As(err, new(url.EscapeError)) {
		return errors.New("not a URL: a % sign stands there without two hexadecimal digits after it; write %25")
	}
	said := err.Error()
	if e, ok := errors.AsType[*url.Error](err); ok {
		said = e.Err.Error()
	}
	for _, known := range []struct{ begins, problem string }{
		{"invalid port", "the port is no number; if that is part of a password, write its / ? # as %2F %3F %23"},
		{"net/url: invalid userinfo", "the user name or password has a character that has to be percent-encoded"},
		{"net/url: invalid control character", "it has a control character; remove it"},
		{"invalid character", "the host has a character that no host has"},
		{"missing protocol scheme", "it has no scheme; begin it with one, such as https://"},
		{"first path segment", "it has no scheme; begin it with one, such as https://"},
	} {
		if strings.HasPrefix(said, known.begins) {
			return errors.New("not a URL: " + known.problem)
		}
	}
	return errors.New("not a URL; write one such as https://host/path")
}
