// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"net/url"
	"strings"
)

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
