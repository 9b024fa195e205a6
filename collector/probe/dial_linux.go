// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A socket is a TCP connection to a known address, made with as few system calls
// as there can be: at a thousand probes a second the machine's time goes there.
// Package net asks the kernel for both addresses and for four keep-alives that no
// probe lives to see, and starts a goroutine to watch the context.
//
// The file registers with the runtime's poller as any connection does, so waiting
// takes no thread.
type socket struct {
	file   *os.File
	remote netip.AddrPort
	free   func() bool
}

// connect makes a TCP connection that ends with ctx.
func (o DialOptions) connect(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, o.dialError(addr, err)
	}
	s, err := o.begin(addr)
	if err != nil {
		return nil, o.dialError(addr, err)
	}
	s.free = endWith(ctx, s.file)
	if err := s.await(); err != nil {
		_ = s.Close()
		return nil, o.dialError(addr, err)
	}
	return s, nil
}

// begin returns a socket that has begun to connect.
func (o DialOptions) begin(addr netip.AddrPort) (*socket, error) {
	family, to := sockaddr(addr)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := o.prepare(fd); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	switch err := unix.Connect(fd, to); err {
	case nil, unix.EINPROGRESS, unix.EINTR:
		return &socket{file: os.NewFile(uintptr(fd), ""), remote: addr}, nil
	default:
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
}

// prepare sets what has to be set before the socket connects.
func (o DialOptions) prepare(fd int) error {
	// A handshake writes twice in a row, and the second must not wait for an answer.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if !o.Source.IsValid() {
		return nil
	}
	// A port is chosen when the target is known: it need not differ from those of
	// connections to others. An old kernel chooses it now.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	_, from := sockaddr(netip.AddrPortFrom(o.Source.Unmap(), 0))
	return os.NewSyscallError("bind", unix.Bind(fd, from))
}

// await waits until the connection stands or has failed. It looks before it
// waits: what is near has answered by then.
func (s *socket) await() error {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) (done bool) {
		if done, failed = connected(int(fd)); done && failed == nil && self(int(fd), s.remote) {
			failed = errSelf
		}
		return done
	})
	if err != nil {
		return unwatched(s.file, unwrapPath(err))
	}
	return failed
}

// Read implements [net.Conn].
func (s *socket) Read(b []byte) (int, error) {
	n, err := s.file.Read(b)
	return n, s.explain("read", err)
}

// Write implements [net.Conn].
func (s *socket) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	return n, s.explain("write", err)
}

// Close implements [net.Conn].
func (s *socket) Close() error {
	s.free()
	return s.explain("close", s.file.Close())
}

// LocalAddr implements [net.Conn].
func (s *socket) LocalAddr() net.Addr {
	var local unix.Sockaddr
	if raw, err := s.file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { local, _ = unix.Getsockname(int(fd)) })
	}
	switch local := local.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: local.Addr[:], Port: local.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: local.Addr[:], Port: local.Port}
	}
	return &net.TCPAddr{}
}

// RemoteAddr implements [net.Conn].
func (s *socket) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(s.remote) }

// SetDeadline implements [net.Conn].
func (s *socket) SetDeadline(at time.Time) error { return s.file.SetDeadline(at) }

// SetReadDeadline implements [net.Conn].
func (s *socket) SetReadDeadline(at time.Time) error { return s.file.SetReadDeadline(at) }

// SetWriteDeadline implements [net.Conn].
func (s *socket) SetWriteDeadline(at time.Time) error { return s.file.SetWriteDeadline(at) }

// explain makes of an error of the file what package net makes of it.
func (s *socket) explain(act string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	if err = unwrapPath(err); errors.Is(err, os.ErrClosed) {
		err = net.ErrClosed
	}
	return &net.OpError{Op: act, Net: "tcp", Addr: s.RemoteAddr(), Err: err}
}

func (o DialOptions) dialError(addr netip.AddrPort, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Source: o.local("tcp"), Addr: net.TCPAddrFromAddrPort(addr), Err: err}
}

func unwrapPath(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}
