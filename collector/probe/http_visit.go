// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/pharos-status/pharos/internal/status"
)

// maxRedirects is how many redirects are followed.
const maxRedirects = 10

// visit asks for all that the options say, over all redirects.
func visit(ctx context.Context, t *Trace, o *HTTPOptions) error {
	t.HTTP = &HTTPFacts{}
	l := &ledger{trace: t}
	resp, err := send(ctx, l, o)
	first, refused := l.close()
	t.HTTP.Phases.Resolve = t.Lookup
	if resp != nil {
		defer resp.Body.Close()
		if t.HTTP.TLS = resp.TLS != nil; !t.HTTP.TLS {
			t.TLS, t.NotAfter = nil, time.Time{} // of where a redirect came from, or of a proxy
		}
	}
	if err != nil {
		return visitError(ctx, resp, t.HTTP, refused, err)
	}
	err = o.examine(ctx, t, resp)
	t.HTTP.Phases.Transfer = time.Since(first)
	return err
}

// visitError says what it makes of the target that no answer came, or none that
// ends the redirects.
func visitError(ctx context.Context, resp *http.Response, facts *HTTPFacts, refused, err error) error {
	if resp != nil {
		facts.Status, facts.Proto = resp.StatusCode, resp.Proto
	}
	var failure *Failure
	var file *fs.PathError
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL in it may hold secrets
	}
	switch {
	case errors.As(err, &failure) && failure.Reason == status.Timeout:
		return failure
	case ctx.Err() != nil: // whatever it broke
		return Failf(status.Timeout, "request: no answer in time: %w", err)
	case failure != nil:
		return failure
	case refused != nil:
		return refused
	case errors.As(err, &file): // of a secret: the target has not been asked
		return &Failure{status.Unknown, status.Permission, err}
	}
	return exchangeError("request", err)
}

// send returns the last answer. Its body ends with ctx.
func send(ctx context.Context, l *ledger, o *HTTPOptions) (*http.Response, error) {
	own, err := o.Client.tlsConfig()
	if err != nil {
		return nil, &Failure{status.Unknown, status.Permission, err}
	}
	if o.TLS != nil {
		own = o.TLS
	}
	req, err := o.request(httptrace.WithClientTrace(ctx, l.hooks()), time.Now())
	if err != nil {
		return nil, err
	}
	if proxy, err := o.Client.proxyFor(req); err == nil && proxy != nil && !o.HTTP3 {
		l.proxied = true
	}
	if own, err = o.resolveForProxy(ctx, l, req, own); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, err
	}
	dial := l.dial(ctx, o.Dial)
	way := &way{o: o, l: l, home: req.URL.Host, tls: own, dial: dial}
	client := http.Client{Transport: o.Client.authenticate(ctx, way), Jar: jar, CheckRedirect: o.redirects(l)}
	resp, err := client.Do(req)
	if resp != nil {
		resp.Body = &closing{resp.Body, way.close}
	} else {
		way.close()
	}
	return resp, err
}

// redirects says which redirects are followed.
func (o *HTTPOptions) redirects(l *ledger) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		l.note(func(t *Trace) {
			t.HTTP.Redirects = len(via)
			t.Event(eventRedirect, next.URL.Scheme+"://"+next.URL.Host+next.URL.Path)
		})
		if !o.FollowRedirects {
			return http.ErrUseLastResponse
		}
		if len(via) > maxRedirects {
			return Failf(status.HTTPStatus, "redirected more than %d times", maxRedirects)
		}
		return nil
	}
}

// resolveForProxy puts the address of the target into a request that a proxy will
// get, where that is wanted, and returns the TLS settings that ask for its name.
func (o *HTTPOptions) resolveForProxy(ctx context.Context, l *ledger, req *http.Request, config *tls.Config) (*tls.Config, error) {
	if !o.ResolveForProxy || o.HTTP3 {
		return config, nil
	}
	proxy, err := o.Client.proxyFor(req)
	if proxy == nil || err != nil {
		return config, err
	}
	host, port := req.URL.Hostname(), req.URL.Port()
	ip, err := l.resolve(ctx, o.Dial, host)
	if err != nil {
		return nil, err
	}
	req.Host = req.URL.Host
	if host := o.Headers.Get("Host"); host != "" {
		req.Host = host
	}
	switch {
	case port != "":
		req.URL.Host = net.JoinHostPort(ip.String(), port)
	case ip.Is6():
		req.URL.Host = "[" + ip.String() + "]"
	default:
		req.URL.Host = ip.String()
	}
	return withServerName(config, host), nil
}

// A closing closes something besides a body.
type closing struct {
	io.ReadCloser
	also func()
}

// Close implements [io.Closer].
func (c *closing) Close() error {
	err := c.ReadCloser.Close()
	c.also()
	return err
}

// A ledger is what the goroutines of a transport write to. It keeps them from
// writing to the trace once there is an answer, or once the probe is over: they
// may outlive both.
type ledger struct {
	mu      sync.Mutex // guards all that follows
	trace   *Trace     // nil once closed
	addr    string     // that was dialled last
	refused error      // what a handshake failed on
	began   time.Time  // when the handshake began
	stood   time.Time  // when the connection stood
	first   time.Time  // when the first byte of an answer came
	proxied bool       // a proxy is asked first
}

// toward returns how to reach the host that is asked now. Only the target itself
// must be of the one family: a proxy, or where a redirect leads, need not be.
func (l *ledger) toward(o DialOptions) DialOptions {
	l.note(func(t *Trace) { o.Fallback = o.Fallback || l.proxied || t.HTTP.Redirects > 0 })
	return o
}

// note writes to the trace if it is still open.
func (l *ledger) note(write func(t *Trace)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trace != nil {
		write(l.trace)
	}
}

// close keeps all from writing. It returns when the last answer began, and what
// a handshake failed on.
func (l *ledger) close() (first time.Time, refused error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trace = nil
	return l.first, l.refused
}

// dial connects as the options say, whatever net/http thinks: a context of its
// own outlives the request.
func (l *ledger) dial(ctx context.Context, o DialOptions) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, network, addr string) (net.Conn, error) {
		own := l.page()
		began := time.Now()
		conn, err := l.toward(o).dial(ctx, own, network, addr)
		took := time.Since(began)
		l.note(func(t *Trace) {
			t.HTTP.Phases.Connect += took - own.Lookup
			t.arrived(own)
			l.addr = addr
		})
		return conn, err
	}
}

// resolve finds the address of host.
func (l *ledger) resolve(ctx context.Context, o DialOptions, host string) (netip.Addr, error) {
	own := l.page()
	ip, err := o.resolve(ctx, own, host)
	l.note(func(t *Trace) { t.arrived(own) })
	return ip, err
}

// page returns a trace to write to without a lock, for [Trace.arrived].
func (l *ledger) page() *Trace {
	own := &Trace{}
	l.note(func(t *Trace) { own.start = t.start })
	return own
}

// arrived adds what was seen on the way to an address.
func (t *Trace) arrived(own *Trace) {
	t.Lookup += own.Lookup
	if !t.Addr.IsValid() {
		t.Addr = own.Addr // of the target itself, not of where it leads
	}
	for _, e := range own.Events {
		if len(t.Events) < maxEvents {
			t.Events = append(t.Events, e)
		}
	}
}

// hooks measure the phases.
func (l *ledger) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		TLSHandshakeStart: func() { l.note(func(*Trace) { l.began = time.Now() }) },
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			l.note(func(t *Trace) {
				t.HTTP.Phases.TLS += time.Since(l.began)
				l.shook(t, &state, err)
			})
		},
		GotConn: func(httptrace.GotConnInfo) { l.note(func(*Trace) { l.stood = time.Now() }) },
		GotFirstResponseByte: func() {
			l.note(func(t *Trace) {
				l.first = time.Now()
				t.HTTP.Phases.Processing += l.first.Sub(l.stood)
			})
		},
	}
}

// shook notes how a handshake ended.
func (l *ledger) shook(t *Trace, state *tls.ConnectionState, err error) {
	if err != nil {
		t.noteTLS(nil, err)
		l.refused = tlsFailure(l.addr, err)
		return
	}
	t.noteTLS(state, nil)
}
