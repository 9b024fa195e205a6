// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// maxTarget bounds a target, in bytes.
const maxTarget = 4 << 10

// httpURL returns the URL of a target of HTTP.
func httpURL(target string) (*url.URL, error) {
	if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
		target = "http://" + target
	}
	return parseURL(target)
}

// websocketURL returns the URL of a target of WebSockets.
func websocketURL(target string) (*url.URL, error) {
	if !strings.HasPrefix(target, "ws://") && !strings.HasPrefix(target, "wss://") {
		return nil, errors.New("the target is no URL of a WebSocket; write ws://host/path or wss://host/path")
	}
	return parseURL(target)
}

// parseURL parses a URL with a host. Its error has no part of the URL, which may
// hold a password.
func parseURL(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if wrapped, ok := errors.AsType[*url.Error](err); ok && !strings.Contains(target, "@") {
		return nil, fmt.Errorf("the target is no URL: %w", wrapped.Err)
	}
	if err != nil {
		return nil, errors.New("the target is no URL; write one such as https://host/path")
	}
	if u.Hostname() == "" {
		return nil, errors.New("the target has no host; write one such as https://host/path")
	}
	return u, nil
}

// hostPort splits a target. Without a port it has the default one; if there is
// none, that is an error.
func hostPort(target, defaultPort string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(target)
	isAddress := !strings.ContainsAny(target, "/@")
	if err == nil && isAddress && host != "" && port != "" {
		return host, port, nil
	}
	if !isAddress || target == "" || defaultPort == "" {
		return "", "", errors.New("the target is no address; write host:port")
	}
	if host == "" {
		host = strings.TrimSuffix(strings.TrimPrefix(target, "["), "]")
	}
	return host, defaultPort, nil
}

// authority returns the host and the port of a URL, or the target itself if it
// is none.
func authority(target string) string {
	_, rest, found := strings.Cut(target, "://")
	if !found {
		return target
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// redacted returns a target without what may be secret of a URL, its user
// information and what follows its path, and without what could break a line.
func redacted(target string) string {
	scheme, rest, found := strings.Cut(target, "://")
	if !found {
		scheme, rest = "", target
	} else {
		scheme += "://"
	}
	authority, path := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, path = rest[:end], rest[end:]
	}
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end+1] + "<secret>"
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = "<secret>" + authority[at:]
	}
	return printable(scheme + authority + path)
}

// decodeTwice undoes a second percent-encoding of a URL, which some sources of
// targets apply. A target that is a URL as it stands is left alone: its
// percent signs are its own.
func decodeTwice(target string) string {
	if strings.Contains(target, "/") || !strings.Contains(strings.ToUpper(target), "%3A%2F%2F") {
		return target
	}
	decoded, err := url.QueryUnescape(target)
	if err != nil {
		return target
	}
	return decoded
}
