// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// address returns the URL of a node or a replica.
func (e Endpoint) address(ids ...string) (string, error) {
	base, err := e.base()
	if err != nil {
		return "", err
	}
	var address strings.Builder
	address.WriteString(base + "/reporter/")
	for i, kind := range []string{"service", "node", "replica"}[:len(ids)] {
		if err := checkID(kind, ids[i]); err != nil {
			return "", err
		}
		address.WriteString(escape(ids[i]) + "/")
	}
	return address.String(), nil
}

// escape makes an id a part of a path. Some servers read a plus sign as a space.
func escape(id string) string { return strings.ReplaceAll(url.PathEscape(id), "+", "%2B") }

// base returns the URL without the slashes at its end. Errors don't repeat it: there
// may be a password in it.
func (e Endpoint) base() (string, error) {
	u, err := url.Parse(e.URL)
	switch {
	case e.URL == "":
		return "", errors.New("the URL of the server is not given")
	case err != nil:
		return "", errors.New("the URL of the server can't be read; want one such as https://status.example.com")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", errors.New("the URL of the server must begin with https:// or http://, and have a host")
	case u.User != nil:
		return "", errors.New("the URL of the server must have no user; give the token by itself")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("the URL of the server must have no query and no fragment")
	}
	return fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, strings.TrimRight(u.EscapedPath(), "/")), nil
}
