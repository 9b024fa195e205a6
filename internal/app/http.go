// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

// Limits of every listener. A visitor who is slower than this is cut off.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	writeTimeout      = time.Minute // of a public listener; others serve profiles, which take their time
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 5 * time.Second
)

// HTTPOptions are the settings of an [HTTPServer].
type HTTPOptions struct {
	Purpose   string       // what is served, for messages: "status page"
	Flag      string       // the flag that chose Address, for messages
	Address   string       // host:port; port 0 takes a free one
	Public    bool         // whether strangers come: then an answer has to be taken within a minute
	WebConfig string       // exporter-toolkit's web configuration file; empty for plain HTTP
	Handler   http.Handler // required
	Logger    *slog.Logger // required
}

// An HTTPServer is a [Component] that serves one handler on one address, with
// TLS and authentication as its web configuration file says.
type HTTPServer struct {
	o        HTTPOptions
	listener net.Listener
	server   *http.Server
}

// NewHTTPServer binds the address, so that [HTTPServer.Addr] is true and a port
// in use is known before anything else has started.
func NewHTTPServer(o HTTPOptions) (*HTTPServer, error) {
	if err := web.Validate(o.WebConfig); err != nil {
		return nil, fmt.Errorf("web configuration file %s: %w", o.WebConfig, err)
	}
	listener, err := net.Listen("tcp", o.Address) //nolint:noctx // binding does not block
	if err != nil {
		return nil, listenError(o, err)
	}
	return &HTTPServer{o: o, listener: listener, server: o.server()}, nil
}

// server returns a server that gives nobody more time than anybody needs.
func (o *HTTPOptions) server() *http.Server {
	server := &http.Server{
		Handler:           o.Handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	if o.Public {
		server.WriteTimeout = writeTimeout
	}
	return server
}

func listenError(o HTTPOptions, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s for the %s: the port is in use; stop the program that holds it, or choose another address with --%s",
			o.Address, o.Purpose, o.Flag)
	}
	return fmt.Errorf("listen on %s for the %s (--%s): %w", o.Address, o.Purpose, o.Flag, err)
}

// Addr returns the address that the server is bound to.
func (s *HTTPServer) Addr() string { return s.listener.Addr().String() }

// URL returns where a browser on this machine finds the server, without a slash
// at the end.
func (s *HTTPServer) URL() string {
	scheme, address := "http", s.Addr()
	if t, err := readTLS(s.o.WebConfig); err == nil && t != nil {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return scheme + "://" + address
}

// OnShutdown has end called when the server begins to stop: to end answers that would
// last longer.
func (s *HTTPServer) OnShutdown(end func()) { s.server.RegisterOnShutdown(end) }

// Close releases the address of a server that never ran.
func (s *HTTPServer) Close() error { return s.listener.Close() }

// Run serves until ctx is done, then lets requests in flight end.
func (s *HTTPServer) Run(ctx context.Context) error {
	var serveErr error // valid once ended is closed
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		flags := &web.FlagConfig{WebConfigFile: &s.o.WebConfig}
		serveErr = web.Serve(s.listener, s.server, flags, s.o.Logger)
	}()
	select {
	case <-ended:
		return fmt.Errorf("serve the %s on %s: %w", s.o.Purpose, s.Addr(), serveErr)
	case <-ctx.Done():
	}
	err := shutDown(ctx, s.server)
	<-ended // with http.ErrServerClosed
	return err
}

// shutDown ends a server, once its requests in flight have ended or taken too long.
// It is for when ctx is done.
func shutDown(ctx context.Context, server *http.Server) error {
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if server.Shutdown(deadline) == nil {
		return nil
	}
	return server.Close()
}
