// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/internal/configfile"
)

// hidden stands for a secret.
const hidden = "<secret>"

// MarshalYAML returns the configuration as it was written, with the defaults
// filled in and without secrets: tokens, bodies, the values of headers unless
// they are harmless, and user information and queries of URLs.
func (c *Config) MarshalYAML() (any, error) { return c.source, nil }

// String returns the configuration as YAML, without secrets.
func (c *Config) String() string {
	out, err := configfile.Marshal(c)
	if err != nil {
		return "# " + err.Error()
	}
	return string(out)
}

// A targetURL may hold user information and tokens.
type targetURL string

// MarshalYAML hides what may be secret.
func (t targetURL) MarshalYAML() (any, error) {
	shown := publicName(string(t))
	u, err := url.Parse(string(t))
	if err != nil {
		return hidden, nil
	}
	if u.User != nil {
		shown = strings.Replace(shown, "://", "://"+hidden+"@", 1)
	}
	if u.RawQuery != "" {
		shown += "?" + hidden
	}
	return shown, nil
}

// A body may hold a password.
type body string

// MarshalYAML hides it.
func (b body) MarshalYAML() (any, error) {
	if b == "" {
		return "", nil
	}
	return hidden, nil
}

// headers are the headers of requests, by name as it is written.
type headers map[string]string

// MarshalYAML hides the values of all but a few headers, because a credential
// may go by any name.
func (h headers) MarshalYAML() (any, error) {
	harmless := []string{"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Type", "Host", "User-Agent"}
	shown := make(map[string]string, len(h))
	for name, value := range h {
		if !slices.Contains(harmless, http.CanonicalHeaderKey(name)) {
			value = hidden
		}
		shown[name] = value
	}
	return shown, nil
}

// document returns the settings as they are written.
func (r resolved) document() settings {
	duration := func(d time.Duration) *model.Duration { return (*model.Duration)(&d) }
	return settings{
		Poll: &pollDocument{
			Interval: duration(r.poll.Interval), Timeout: duration(r.poll.Timeout), SickAfter: duration(r.poll.SickAfter),
			Retries: &r.poll.Retries, RetryWait: duration(r.poll.RetryWait),
			HTTPStatus: &httpStatusDocument{From: &r.poll.StatusFrom, Below: &r.poll.StatusBelow},
		},
		Script: &scriptSettings{Interval: duration(r.script.Interval), Timeout: duration(r.script.Timeout)},
		Push: &pushDocument{
			DeadAfter: duration(r.push.DeadAfter), ForgetAfter: duration(r.push.ForgetAfter),
			CPUSickAbove: &r.push.CPUSickAbove, RAMSickAbove: &r.push.RAMSickAbove,
		},
		Local: &localDocument{DeadAfter: duration(r.local.DeadAfter), ForgetAfter: duration(r.local.ForgetAfter)},
	}
}
