// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"net/url"
	"strconv"

	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// A namer finds names for the replicas of a node that need one.
type namer struct {
	prefix  setting[string] // of Vigil Local
	all     []replica
	used    map[string]bool
	urls    map[string]bool
	twice   bool
	query   bool
	private bool
}

// A replica of a node in mode poll.
type replica struct {
	url    setting[string]
	public string // its name if it gets none
	user   bool   // the URL has user information
	secret bool   // or a query
}

// add keeps a replica, unless it is there already: Vigil asked it once.
func (n *namer) add(u setting[string], public string) {
	if n.urls == nil {
		n.urls = map[string]bool{}
	}
	if n.urls[u.value] {
		n.twice = true
		return
	}
	n.urls[u.value] = true
	r := replica{url: u, public: public}
	if parsed, err := url.Parse(u.value); err == nil {
		r.user = parsed.User != nil
		r.secret = r.user || parsed.RawQuery != "" || parsed.Fragment != ""
	}
	n.query = n.query || r.secret
	n.private = n.private || r.user
	if !r.user && n.prefix.value == "" {
		n.used[public] = true
	}
	n.all = append(n.all, r)
}

// name returns the name of a replica, empty if it needs none. With user information
// in the URL it does, or a hash of that could be in its label.
func (n *namer) name(r replica) string {
	if !r.user && n.prefix.value == "" {
		return ""
	}
	base := r.public
	if n.prefix.value != "" {
		base, _ = oneLine(n.prefix.value + ":" + r.public)
	}
	name := status.Shorten(base)
	for i := 2; n.used[name]; i++ {
		name = status.Shorten(base + " " + strconv.Itoa(i))
	}
	n.used[name] = true
	return name
}

func (n *namer) differs() (all []string) {
	if n.private {
		all = append(all, "A URL with user information has a name, which is the URL without that.")
	}
	if n.query {
		all = append(all, "In metrics and notifications a replica is called by its URL without user information, query and fragment.")
	}
	if n.twice {
		all = append(all, "A replica that was there twice is there once.")
	}
	return all
}

// write returns the replica as an item of the list.
func (r replica) write(w *watch, name string) any {
	w.c.secret = w.c.secret || r.secret || len(r.url.vars) > 0
	if name == "" {
		return configfile.Literal(r.url.value)
	}
	return configfile.Map{{Key: "url", Value: configfile.Literal(r.url.value)}, {Key: "name", Value: configfile.Literal(name)}}
}
