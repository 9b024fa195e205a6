// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// Bounds on what a target may send.
const (
	maxHeader = 64 << 10 // bytes of response header
	maxBody   = 1 << 20  // bytes of body that are matched
)

type httpProbe struct{ HTTPOptions }

// HTTP returns a Prober that sends one request over a fresh connection, by no
// proxy and in HTTP/1.1. It follows no redirect: a redirect is an answer.
func HTTP(o HTTPOptions) Prober {
	if o.Method == "" {
		o.Method = http.MethodHead
		if o.BodyMatch != nil {
			o.Method = http.MethodGet
		}
	}
	if o.StatusFrom == 0 {
		o.StatusFrom = http.StatusOK
	}
	if o.StatusBelow == 0 {
		o.StatusBelow = http.StatusBadRequest
	}
	return Func((&httpProbe{o}).probe)
}

func (p *httpProbe) probe(ctx context.Context, t *Trace) error {
	req, err := p.request(ctx)
	if err != nil {
		return Failf(status.Protocol, "make the request: %w", err)
	}
	transport := p.transport(ctx, t)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return exchangeError("request", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < p.StatusFrom || resp.StatusCode >= p.StatusBelow {
		return Failf(status.HTTPStatus, "HTTP status %d, want %d to %d", resp.StatusCode, p.StatusFrom, p.StatusBelow-1)
	}
	return p.match(resp.Body)
}

func (p *httpProbe) request(ctx context.Context) (*http.Request, error) {
	target := *p.URL
	target.User = nil // goes into a header, and into no message
	target.RawQuery = bustCache(target.RawQuery, time.Now())
	var body io.Reader = http.NoBody
	if p.Body != "" {
		body = strings.NewReader(p.Body)
	}
	req, err := http.NewRequestWithContext(ctx, p.Method, target.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", p.UserAgent)
	if user := p.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	maps.Copy(req.Header, p.Headers)
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host // net/http takes it from there alone
	}
	return req, nil
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

// transport returns a transport for one probe. It dials with the context of the
// probe, not with the one that net/http passes: that one outlives the request.
func (p *httpProbe) transport(ctx context.Context, t *Trace) *http.Transport {
	return &http.Transport{
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			return p.Dial.dial(ctx, t, "tcp", addr)
		},
		DialTLSContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			return p.dialTLS(ctx, t, addr)
		},
	}
}

// dialTLS connects to addr and shakes hands. Its error is a [*Failure].
func (p *httpProbe) dialTLS(ctx context.Context, t *Trace, addr string) (net.Conn, error) {
	conn, err := p.Dial.dial(ctx, t, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return handshake(ctx, t, conn, withServerName(p.TLS, p.URL.Hostname()))
}

func (p *httpProbe) match(body io.Reader) error {
	if p.BodyMatch == nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err != nil {
		return exchangeError("read the body", err)
	}
	if !p.BodyMatch.Match(text) {
		return Failf(status.Body, "the body (%d bytes read) does not match %q", len(text), p.BodyMatch)
	}
	return nil
}

// exchangeError classifies what went wrong once the connection stood: it broke,
// it took too long, or what came over it is not of the protocol.
func exchangeError(act string, err error) error {
	var failure *Failure
	var op *net.OpError
	switch {
	case errors.As(err, &failure): // made while dialling
		return err
	case exhausted(err):
		return dialFailure(err)
	case reasonOf(err) == status.Timeout:
		return Failf(status.Timeout, "%s: no answer in time: %w", act, err)
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Failf(status.Connect, "%s: the connection broke: %w", act, err)
	}
	return Failf(status.Protocol, "%s: %w", act, err)
}
