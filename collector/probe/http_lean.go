// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// maxLeanBody is how long a body may be to be sent before the answer is read, in
// bytes: the kernel takes that much, also for a target that stops reading.
const maxLeanBody = 64 << 10

// A leanProbe sends one HTTP/1.1 request and reads one answer, from the goroutine
// that it is called in. A transport of net/http starts two goroutines and a dozen
// allocations of kilobytes for a connection that is used once; here the request
// is made beforehand, all that it takes to read the answer is pooled, and the
// connection itself knows when its time is up.
type leanProbe struct {
	o             HTTPOptions
	addr, host    string // host:port to dial, and the name that TLS asks for
	secure        bool
	before, after string // the request, up to and from the stamp against caches
	memory        memory
}

// leanHTTP returns the Prober of options that need no more than one exchange.
func leanHTTP(o HTTPOptions) Prober {
	p := &leanProbe{secure: o.URL.Scheme == "https", host: o.URL.Hostname(), addr: hostPort(o.URL)}
	var err error
	p.before, p.after, err = o.compose()
	if err != nil {
		return Func(func(context.Context, *Trace) error { return err })
	}
	o.URL, o.Headers, o.Body = nil, nil, "" // they are in the request
	p.o = o
	return Func(p.probe)
}

// compose returns the request as net/http writes it, in two halves: the stamp
// against caches, if there is to be one, comes between them.
func (o *HTTPOptions) compose() (before, after string, err error) {
	epoch := time.Unix(1e9, 0) // as many digits as any time for centuries
	req, err := o.request(context.Background(), epoch)
	if err != nil {
		return "", "", err
	}
	req.Close = true
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		return "", "", Failf(status.Protocol, "make the request: %w", err)
	}
	text := b.String()
	if o.ExactURL {
		return text, "", nil
	}
	before, after, _ = strings.Cut(text, " HTTP/1.1\r\n")
	return strings.TrimSuffix(before, strconv.FormatInt(epoch.Unix(), 10)), " HTTP/1.1\r\n" + after, nil
}

func (p *leanProbe) probe(ctx context.Context, t *Trace) error {
	err := p.exchange(ctx, t)
	if err != nil {
		p.memory.forget() // it may have moved
	}
	return err
}

func (p *leanProbe) exchange(ctx context.Context, t *Trace) error {
	facts := &HTTPFacts{}
	t.HTTP = facts
	conn, err := p.connect(ctx, t)
	if err != nil {
		return err
	}
	defer conn.Close()
	x := takeExchange(conn)
	defer x.release()
	sent := time.Now()
	resp, err := x.do(p) //nolint:bodyclose // it ends with the connection
	if err != nil {
		return err
	}
	facts.Phases.Processing = x.first.Sub(sent)
	facts.TLS = p.secure
	err = p.o.examine(ctx, t, resp)
	facts.Phases.Transfer = time.Since(x.first)
	return err
}

func (p *leanProbe) connect(ctx context.Context, t *Trace) (net.Conn, error) {
	phases := &t.HTTP.Phases
	start := time.Now()
	conn, err := p.memory.dial(ctx, t, p.o.Dial, p.addr)
	stood := time.Now()
	phases.Resolve, phases.Connect = t.Lookup, stood.Sub(start)-t.Lookup
	if err != nil || !p.secure {
		return conn, err
	}
	var secured *tls.Conn
	secured, err = handshake(ctx, t, conn, withServerName(p.o.TLS, p.host))
	phases.TLS = time.Since(stood)
	if err != nil {
		return nil, err
	}
	return secured, nil
}

// hostPort returns the host and port of u, which is that of its scheme unless it
// names one.
func hostPort(u *url.URL) string {
	port := "80"
	if u.Scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// An exchange is what it takes to send a request and to read its answer.
type exchange struct {
	conn    net.Conn
	left    int64     // how many bytes may yet be read
	first   time.Time // when the first byte came
	broke   error     // what reading failed on: half a line may look like a bad one
	reader  *bufio.Reader
	request []byte
	asked   http.Request // what the answer is to: of it, the method alone
}

// exchanges are used again: each has a buffer.
var exchanges = sync.Pool{New: func() any { return &exchange{reader: bufio.NewReader(nil)} }} //nolint:gochecknoglobals // a pool serves by being shared

func takeExchange(conn net.Conn) *exchange {
	x, _ := exchanges.Get().(*exchange)
	x.conn, x.left, x.first, x.broke = conn, maxHeader, time.Time{}, nil
	x.reader.Reset(x)
	return x
}

// release gives x back; the answer that it read must not be used any more.
func (x *exchange) release() {
	x.conn, x.broke = nil, nil
	x.reader.Reset(nil)
	if cap(x.request) > maxHeader {
		x.request = nil // one with a long body is not kept for all
	}
	exchanges.Put(x)
}

// errTooMuch says that a target sent more than it may.
var errTooMuch = errors.New("it sends too much")

// Read implements [io.Reader] for the buffer.
func (x *exchange) Read(b []byte) (int, error) {
	if x.left <= 0 {
		x.broke = errTooMuch
		return 0, errTooMuch
	}
	n, err := x.conn.Read(b[:min(int64(len(b)), x.left)])
	if x.first.IsZero() {
		x.first = time.Now()
	}
	x.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		x.broke = err
	}
	return n, err
}

// do sends the request of p and returns the answer, whose body is yet to be read.
func (x *exchange) do(p *leanProbe) (*http.Response, error) {
	x.request = append(x.request[:0], p.before...)
	if p.after != "" {
		x.request = strconv.AppendInt(x.request, time.Now().Unix(), 10)
		x.request = append(x.request, p.after...)
	}
	// A target may answer before it has read all, and hang up: what it says counts.
	_, failed := x.conn.Write(x.request)
	x.asked.Method = p.o.Method
	for {
		resp, err := http.ReadResponse(x.reader, &x.asked)
		if err != nil {
			return nil, answerFailure(cmp.Or(failed, x.broke, err))
		}
		if !interim(resp.StatusCode) {
			x.left = 1 << 62 // whoever reads the body bounds it
			return resp, nil
		}
	}
}

// interim tells whether another answer follows one of this status. All of them
// together have no more room than one.
func interim(code int) bool {
	return code >= http.StatusContinue && code < http.StatusOK && code != http.StatusSwitchingProtocols
}

// answerFailure says what it makes of the target that no answer could be read.
func answerFailure(err error) error {
	if errors.Is(err, errTooMuch) {
		return Failf(status.Protocol, "request: the header of the answer is longer than %d bytes", maxHeader)
	}
	return exchangeError("request", err)
}
