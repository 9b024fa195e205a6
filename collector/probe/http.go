// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
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

// HTTPOptions say what to ask and what to expect.
type HTTPOptions struct {
	URL         *url.URL    // http or https; user information becomes Basic authentication
	Method      string      // empty: HEAD, or GET if BodyMatch is set
	Headers     http.Header // in canonical form; Host and User-Agent among them are honoured; not changed
	Body        string
	UserAgent   string         // unless Headers have one
	StatusFrom  int            // the lowest status that is healthy; 0: 200
	StatusBelow int            // the lowest status above those; 0: 400
	BodyMatch   *regexp.Regexp // must match the first MiB of the body; nil: anything goes
	TLS         *tls.Config    // nil: the machine's certificate authorities; not changed
}

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

func (p *httpProbe) probe(ctx context.Context, _ *Trace) error {
	req, err := p.request(ctx)
	if err != nil {
		return Failf(status.Protocol, "make the request: %w", err)
	}
	transport := p.transport(ctx)
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
func (p *httpProbe) transport(ctx context.Context) *http.Transport {
	return &http.Transport{
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			return dial(ctx, addr)
		},
		DialTLSContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			return dialTLS(ctx, addr, p.TLS)
		},
	}
}

// dialTLS connects to addr and shakes hands. Its error is a [*Failure].
func dialTLS(ctx context.Context, addr string, config *tls.Config) (net.Conn, error) {
	conn, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr) // addr is made by net/http: it splits
	}
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		reason := status.TLS
		if reasonOf(err) == status.Timeout {
			reason = status.Timeout
		}
		return nil, Failf(reason, "TLS handshake with %s: %w", addr, err)
	}
	return client, nil
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
