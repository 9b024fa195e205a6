// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// A MemoryListener is a [net.Listener] whose connections never leave the process:
// for servers that clients know only by a network connection. Those who accept them
// see them come from this machine. It is safe for concurrent use.
type MemoryListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// NewMemoryListener returns a listener that nobody has connected to.
func NewMemoryListener() *MemoryListener {
	return &MemoryListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept implements [net.Listener].
func (l *MemoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *MemoryListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements [net.Listener].
func (l *MemoryListener) Addr() net.Addr { return memoryAddr{} }

// Dial connects to the listener, as soon as it accepts.
func (l *MemoryListener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- memoryConn{server}:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A memoryConn is the end of a connection that was accepted.
type memoryConn struct{ net.Conn }

// RemoteAddr implements [net.Conn].
func (memoryConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

type memoryAddr struct{}

// Network implements [net.Addr].
func (memoryAddr) Network() string { return "memory" }

// String implements [net.Addr].
func (memoryAddr) String() string { return "memory" }

// A MemoryServer is a [Component] that serves one handler to this process alone.
type MemoryServer struct {
	*MemoryListener

	server *http.Server
}

// NewMemoryServer returns a server that serves once it runs; who connects before
// waits.
func NewMemoryServer(h http.Handler, log *slog.Logger) *MemoryServer {
	return &MemoryServer{MemoryListener: NewMemoryListener(), server: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// Run serves until ctx is done, then lets requests in flight end.
func (s *MemoryServer) Run(ctx context.Context) error {
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.server.Serve(s.MemoryListener) }) // ends when it is closed
	<-ctx.Done()
	err := shutDown(ctx, s.server)
	_ = s.Close() // has no error to return
	serving.Wait()
	return err
}
