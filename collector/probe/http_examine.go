// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net/http"
	"slices"

	"github.com/pharos-status/pharos/internal/status"
)

// examine notes what the answer says, and tells whether it is as it should be.
// With ReadBody a failed answer is read too: what is measured then is complete.
func (o *HTTPOptions) examine(ctx context.Context, t *Trace, resp *http.Response) error {
	facts := t.HTTP
	facts.Status, facts.Proto, facts.ContentLength = resp.StatusCode, resp.Proto, resp.ContentLength
	if modified, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
		facts.LastModified = modified
	}
	t.Event(eventAnswered, resp.Status)
	err := o.examineHead(facts, resp)
	if err != nil && !o.ReadBody {
		return err
	}
	if unread := o.examineBody(ctx, t, resp, err != nil); err == nil {
		err = unread
	}
	return err
}

// examineHead tells whether all but the body is as it should be.
func (o *HTTPOptions) examineHead(facts *HTTPFacts, resp *http.Response) error {
	if err := o.examineStatus(resp.StatusCode); err != nil {
		return err
	}
	switch {
	case len(o.Versions) > 0 && !slices.Contains(o.Versions, resp.Proto):
		return Failf(status.Protocol, "the answer is in %s, want one of %q", resp.Proto, o.Versions)
	case o.FailIfTLS && facts.TLS:
		return Failf(status.TLS, "the answer came over TLS, want none")
	case o.FailIfNotTLS && !facts.TLS:
		return Failf(status.TLS, "the answer came without TLS")
	}
	err := o.examineHeaders(resp.Header)
	facts.FailedRegexp = err != nil
	return err
}

func (o *HTTPOptions) examineStatus(code int) error {
	if len(o.StatusCodes) > 0 {
		if !slices.Contains(o.StatusCodes, code) {
			return Failf(status.HTTPStatus, "HTTP status %d, want one of %d", code, o.StatusCodes)
		}
		return nil
	}
	if code < o.StatusFrom || code >= o.StatusBelow {
		return Failf(status.HTTPStatus, "HTTP status %d, want %d to %d", code, o.StatusFrom, o.StatusBelow-1)
	}
	return nil
}

func (o *HTTPOptions) examineHeaders(header http.Header) error {
	for _, m := range o.HeaderNot {
		values, err := m.values(header)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(values, m.Match.MatchString) {
			return Failf(status.Body, "header %s matches %q", m.Header, m.Match)
		}
	}
	for _, m := range o.HeaderMust {
		values, err := m.values(header)
		if err != nil {
			return err
		}
		if len(values) > 0 && !slices.ContainsFunc(values, m.Match.MatchString) {
			return Failf(status.Body, "header %s does not match %q", m.Header, m.Match)
		}
	}
	return nil
}

func (m HeaderMatch) values(header http.Header) ([]string, error) {
	values := header.Values(m.Header)
	if len(values) == 0 && !m.AllowMissing {
		return nil, Failf(status.Body, "the answer has no header %s", m.Header)
	}
	return values, nil
}
