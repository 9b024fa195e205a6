// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// A Report is what is told of a replica.
type Report struct {
	Service, Node string // ids, as in exporter.yml
	Replica       string // its name within the node

	// Interval is when the next report is to be expected, at the latest. It is sent in
	// whole seconds, rounded up. Without one the server takes the replica for dead (some
	// time after it, that the server sets).
	Interval time.Duration

	Load   *Load  // for a node in mode push
	Health Health // for a node in mode local; for one in mode push besides the load, or ""
	Reason string // why it is not healthy; of more than 200 bytes the first are sent
}

// A Client sends single reports: one request each, with no retries. Its methods may
// be called by several goroutines at once; its fields are not changed then.
type Client struct {
	Endpoint  Endpoint
	Transport http.RoundTripper // default: http.DefaultTransport
	UserAgent string            // default: pharos-reporter
	Timeout   time.Duration     // of a request, besides that of the context; default: 10 s
}

// Report sends a report. The error is a [*StatusError] if the server has answered, and
// did not take it.
func (c *Client) Report(ctx context.Context, r Report) error {
	body, err := r.body()
	if err != nil {
		return fmt.Errorf("invalid report: %w", err)
	}
	return c.send(ctx, http.MethodPost, body, r.Service, r.Node)
}

// Flush has the server forget a replica. The error is a [*StatusError] if the server has
// answered, and did not do it; its Code is 404 if there is no such replica.
func (c *Client) Flush(ctx context.Context, service, node, replica string) error {
	return c.send(ctx, http.MethodDelete, nil, service, node, replica)
}

// A StatusError is an answer of a server that is no success. A redirect is one too:
// none is followed, since the token is not meant for where it leads.
type StatusError struct {
	Code       int           // the HTTP status
	Message    string        // what the server says; at most 200 bytes, in one line
	RetryAfter time.Duration // how long the server asks to wait; 0 if it doesn't
}

// Error implements the error interface.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("the server answered %d %s", e.Code, http.StatusText(e.Code))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// defaultTimeout is that of a request.
const defaultTimeout = 10 * time.Second

func (c *Client) send(ctx context.Context, method string, body []byte, ids ...string) error {
	address, err := c.Endpoint.address(ids...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, defaultTimeout))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making a request to %s: %w", c.Endpoint, err)
	}
	request.Header["Idempotency-Key"] = nil // is not sent; it lets net/http try again on a connection that has ended
	request.SetBasicAuth("", c.Endpoint.Token)
	request.Header.Set("User-Agent", cmp.Or(c.UserAgent, "pharos-reporter"))
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{
		Transport:     c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return judge(answer)
}

// How much of an answer is read: what more there is costs its connection.
const (
	maxMessage = 4 << 10
	maxDrained = 64 << 10
)

// judge reads an answer, to its end if that is near, so that its connection can be
// used again.
func judge(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxMessage)) // what can't be read isn't told
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxDrained))
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return &StatusError{Code: code, Message: clean("redirects are not followed; the URL would be that of " + answer.Header.Get("Location"))}
	default:
		return &StatusError{Code: code, Message: clean(firstLine(text)), RetryAfter: retryAfter(answer.Header.Get("Retry-After"), time.Now())}
	}
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return string(line)
}

// retryAfter reads the header of that name: seconds, or a date. What is none of
// them is 0.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// body returns the report as the protocol has it.
func (r *Report) body() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Replica  string `json:"replica"`
		Interval int64  `json:"interval"`
		Load     *Load  `json:"load,omitempty"`
		Health   Health `json:"health,omitempty"`
		Reason   string `json:"reason,omitempty"`
	}{r.Replica, int64((r.Interval + time.Second - 1) / time.Second), r.Load, r.Health, clean(r.Reason)})
}

func (r *Report) validate() error {
	switch {
	case r.Interval <= 0 || r.Interval > maxDeclared:
		return fmt.Errorf("the interval is %v, want more than 0 and at most a year", r.Interval)
	case r.Load == nil && r.Health == "":
		return errors.New("it has neither a load nor a health")
	}
	switch r.Health {
	case "", Healthy, Sick, Dead, Unknown:
	default:
		return fmt.Errorf("the health is %q, want healthy, sick, dead or unknown", r.Health)
	}
	if r.Load != nil {
		if err := r.Load.validate(); err != nil {
			return err
		}
	}
	return checkID("replica", r.Replica)
}

// The greatest that a server takes: what is beyond is a mistake.
const (
	maxDeclared = 365 * 24 * time.Hour
	maxLoad     = 1e6
)

func (l Load) validate() error {
	for _, part := range [...]struct {
		name  string
		ratio float64
	}{{"cpu", l.CPU}, {"ram", l.RAM}} {
		if !(part.ratio >= 0 && part.ratio <= maxLoad) { // nor is it NaN
			return fmt.Errorf("the load of the %s is %v, want a ratio from 0, such as 0.3", part.name, part.ratio)
		}
	}
	return nil
}

// checkID refuses an id that can't be a part of the path of a URL.
func checkID(kind, id string) error {
	switch {
	case id == "":
		return fmt.Errorf("the %s is not given", kind)
	case id == "." || id == "..":
		return fmt.Errorf("the %s is %q, which can't be part of a path; give it another name", kind, id)
	case !utf8.ValidString(id):
		return fmt.Errorf("the %s is %q, which is not valid UTF-8", kind, id)
	}
	return nil
}
