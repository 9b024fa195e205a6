// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

const (
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 10
	// maxAfter bounds how long a service may ask to be left alone.
	maxAfter = 24 * time.Hour
	// idleTimeout is shorter than what servers commonly allow: a request on a connection
	// that is being closed can't be told from one that was taken.
	idleTimeout = 30 * time.Second
)

// An httpClient makes requests to one service, and turns its answers into what
// [Channel] promises: an [*Error] that holds no secret. It is safe for concurrent use.
type httpClient struct {
	client  *http.Client
	secrets []string

	// explain returns what the service says in the body of an answer that refuses, in one
	// line. It may change e, by what the service's own code or delay says. It is set
	// before the first request; nil: the body is not looked at.
	explain func(body []byte, e *Error) string
}

// newHTTPClient makes the client of a channel by its settings, which were checked.
// No redirect is followed: it would carry credentials elsewhere, and lose the body.
// None of the secrets, nor of those in the settings or in what a request says to show
// who it comes from, nor its form in a URL, is ever part of an error.
func newHTTPClient(c *promconfig.HTTPClientConfig, name string, secrets ...configfile.Secret) (*httpClient, error) {
	settings := *c
	if reflect.ValueOf(settings).IsZero() { // the file does not have them
		settings = promconfig.DefaultHTTPClientConfig
	}
	settings.FollowRedirects = false
	client, err := promconfig.NewClientFromConfig(settings, name,
		promconfig.WithIdleConnTimeout(idleTimeout), promconfig.WithUserAgent(userAgent()))
	if err != nil {
		return nil, fmt.Errorf("make the HTTP client of %s: %w", name, err)
	}
	h := &httpClient{client: client}
	for _, secret := range secrets {
		h.secrets = append(h.secrets, formsOf(string(secret))...)
	}
	for _, secret := range secretsOf(&settings) {
		h.secrets = append(h.secrets, formsOf(secret)...)
	}
	return h, nil
}

// post makes the request that most services want. The context ends it.
func (c *httpClient) post(ctx context.Context, address, contentType string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, refuse("make the request: %s", c.clean(bare(err).Error()))
	}
	r.Header.Set("Content-Type", contentType)
	return r, nil
}

// do makes a request, and returns the status and at most [maxAnswer] bytes of the body
// if the status is one of success. All else is an [*Error].
func (c *httpClient) do(ctx context.Context, r *http.Request) (status int, body []byte, err error) {
	var written atomic.Bool
	var shown credentials
	trace := &httptrace.ClientTrace{
		WroteHeaderField: shown.field,
		WroteRequest:     func(i httptrace.WroteRequestInfo) { written.Store(i.Err == nil) },
	}
	if r.Header.Get("Idempotency-Key") != "" {
		r.GetBody = nil // else net/http makes the request again by itself, and nobody counts that
	}
	answer, err := c.client.Do(r.WithContext(httptrace.WithClientTrace(ctx, trace)))
	c = c.knowing(&shown)
	if err != nil {
		return 0, nil, &Error{Err: c.safe(fmt.Errorf("call %s: %w", r.URL.Host, bare(err))), Unsure: written.Load()}
	}
	defer answer.Body.Close()
	// The status says what became of the message. Where the body matters too, what is
	// missing of it is found by whoever reads it.
	body, _ = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if answer.StatusCode/100 == 2 {
		return answer.StatusCode, body, nil
	}
	return answer.StatusCode, nil, c.refusal(r.URL.Host, answer, body)
}

// refusal returns the error that an answer without success means.
func (c *httpClient) refusal(host string, answer *http.Response, body []byte) *Error {
	status := answer.StatusCode
	e := &Error{Refused: isFinal(status), After: retryAfter(answer.Header.Get("Retry-After")), Unsure: status >= 500}
	text := fmt.Sprintf("%s answered %d %s", host, status, http.StatusText(status))
	if status/100 == 3 {
		text += ", which is not followed; configure the address that it leads to"
	} else if c.explain != nil {
		if why := c.clean(c.explain(body, e)); why != "" {
			text += ": " + why
		}
	}
	e.Err = errors.New(text)
	return e
}

// unclear returns the error of an answer of success that is not one of the service:
// the address may be that of something else, which has delivered nothing.
func (c *httpClient) unclear(r *http.Request, status int, service string) *Error {
	return &Error{
		Err:    fmt.Errorf("%s answered %d %s, but not as %s does; check the address", r.URL.Host, status, http.StatusText(status), service),
		Unsure: true, Odd: true,
	}
}

// close ends the connections that are kept open.
func (c *httpClient) close() error {
	c.client.CloseIdleConnections()
	return nil
}

// isFinal tells whether the same request would get the same answer again.
func isFinal(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status < 500
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, maxAfter.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(time.Until(at), 0), maxAfter)
	}
	return 0
}

// bare returns the cause of an error of net/http, which else has the whole URL.
func bare(err error) error {
	for {
		var of *url.Error
		if !errors.As(err, &of) {
			return err
		}
		err = of.Err
	}
}
