// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// maxHeader bounds the header of an answer, in bytes.
const maxHeader = 64 << 10

// What the log of a probe says of an exchange.
const (
	eventRedirect = "redirect"
	eventBody     = "body read"
)

// HTTP returns a Prober that sends one request over a fresh connection, or one
// for each redirect that it follows. Options that need neither redirects nor a
// client, nor send much, have their own way, in HTTP/1.1 and at little cost.
func HTTP(o HTTPOptions) Prober {
	if o.Method == "" {
		o.Method = http.MethodHead
		if o.BodyMatch != nil || o.looksAtBody() {
			o.Method = http.MethodGet
		}
	}
	if o.StatusFrom == 0 {
		o.StatusFrom = http.StatusOK
	}
	if o.StatusBelow == 0 {
		o.StatusBelow = http.StatusBadRequest
	}
	if o.Client == nil && !o.FollowRedirects && !o.HTTP3 && o.BodyFile == "" && len(o.Body) <= maxLeanBody {
		return leanHTTP(o)
	}
	return Func(func(ctx context.Context, t *Trace) error { return visit(ctx, t, &o) })
}

// request returns what is sent first.
func (o *HTTPOptions) request(ctx context.Context, now time.Time) (*http.Request, error) {
	target := *o.URL
	target.User = nil // goes into a header, and into no message
	if !o.ExactURL {
		target.RawQuery = bustCache(target.RawQuery, now)
	}
	body, err := o.body()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, o.Method, target.String(), body)
	if err != nil {
		return nil, Failf(status.Protocol, "make the request: %w", err)
	}
	req.Header.Set("User-Agent", o.UserAgent)
	if user := o.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	maps.Copy(req.Header, o.Headers)
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host // net/http takes it from there alone
	}
	return req, nil
}

func (o *HTTPOptions) body() (io.Reader, error) {
	text := o.Body
	if o.BodyFile != "" {
		read, err := os.ReadFile(o.BodyFile)
		if err != nil {
			return nil, &Failure{status.Unknown, status.Permission, err}
		}
		text = string(read)
	}
	if text == "" {
		return http.NoBody, nil
	}
	return strings.NewReader(text), nil
}

// bustCache appends the time to the query, so that no cache on the way answers
// for the target.
func bustCache(query string, now time.Time) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	if query == "" {
		return stamp
	}
	return query + "&" + stamp
}
