// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// A doorman keeps a transport of net/http from hearing its target before it has
// asked. What a target says unasked goes to the log of the program there, in the
// target's own words. The transport makes one connection at a time.
type doorman struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu   sync.Mutex
	last *gate // the connection that was made last
}

// connect is for [http.Transport.DialContext].
func (d *doorman) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	g := &gate{Conn: conn}
	g.shut()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = g
	return g, nil
}

// attend returns req so that nothing is heard from the end of a handshake either.
func (d *doorman) attend(req *http.Request) *http.Request {
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		TLSHandshakeDone: func(tls.ConnectionState, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.last.shut()
		},
	}))
}

// A gate is a connection whose reads wait for a write, or for its end.
type gate struct {
	net.Conn
	mu    sync.Mutex
	asked chan struct{} // closed while the gate is open
	open  bool
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked, g.open = make(chan struct{}), false
}

func (g *gate) unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		close(g.asked)
		g.open = true
	}
}

// Read implements [net.Conn].
func (g *gate) Read(b []byte) (int, error) {
	g.mu.Lock()
	asked := g.asked
	g.mu.Unlock()
	<-asked
	return g.Conn.Read(b)
}

// Write implements [net.Conn].
func (g *gate) Write(b []byte) (int, error) {
	g.unlock()
	return g.Conn.Write(b)
}

// Close implements [net.Conn].
func (g *gate) Close() error {
	g.unlock()
	return g.Conn.Close()
}
