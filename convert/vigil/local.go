// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"net/url"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/configfile"
)

// relay returns to whom an exporter in place of Vigil Local reports.
func (c *converter) relay(s *section) configfile.Map {
	b := block{c: c, file: exporterFile, path: "relay"}
	endpoint := s.need("endpoint")
	u, err := url.Parse(endpoint.value)
	switch {
	case !endpoint.set:
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.failAt(endpoint.src, "not an address; write one such as https://status.example.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.failAt(endpoint.src, "an address of a server holds no user, password, query or fragment; remove them")
	}
	endpoint.value = strings.TrimRight(endpoint.value, "/")
	b.text("url", endpoint, "", "What changes is told at once, what stays every 30 s; Vigil Local told all once in each round.")
	token := s.need("token")
	c.keep("relay.token", token)
	s.done()
	b.m = append(b.m, configfile.Entry{Key: "token_file", Value: "relay.token", After: token.after()})
	return b.m
}

// localMetrics returns the settings of all services. Older versions of Vigil Local had
// an interval for polls and one for scripts, and limits of the status of HTTP.
func (c *converter) localMetrics(s *section) configfile.Map {
	var defaults configfile.Map
	every := s.number("interval", 120, 1, longest)
	polls := s.number("poll_interval", every.value, 1, longest)
	scripts := s.number("script_interval", every.value, 1, longest)
	if !polls.set {
		polls = every
	}
	if !scripts.set {
		scripts = every
	}
	poll := block{c: c, file: exporterFile, path: "defaults.poll"}
	poll.put("interval", seconds(polls.value), 2*time.Minute, polls.origin, onTheClock)
	c.pollLimits(&poll, s, 1)
	retries, differs := s.number("poll_retry", 2, 0, longest), ""
	if retries.value > maxRetries {
		differs = "There are at most 100."
	}
	poll.put("retries", min(retries.value, maxRetries), 2, retries.origin, differs)
	poll.m = append(poll.m, configfile.Entry{Key: "retry_wait", Value: 200 * time.Millisecond, After: "as Vigil Local waits"})
	c.httpStatus(&poll, s)
	poll.into(&defaults, "poll")
	c.scriptSettings(scripts, &defaults)
	s.done()
	return defaults
}
