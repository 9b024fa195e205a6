// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// touch connects to addr and hangs up. It does by hand what net.Dialer does, less
// what only a connection that is used needs: its addresses, its options, its
// place in the runtime's poller. Where many targets are probed each second,
// those are a good part of the work. The error is a [*Failure]; text is addr, which
// has no zone.
func touch(ctx context.Context, t *Trace, addr netip.AddrPort, text string) error {
	t.Addr = addr.Addr().Unmap()
	err := os.ErrDeadlineExceeded
	if ctx.Err() == nil {
		err = connectOnce(ctx, netip.AddrPortFrom(t.Addr, addr.Port()))
	}
	if err != nil {
		return dialFailure(DialOptions{}.dialError(addr, err))
	}
	t.Event(eventConnected, text)
	return nil
}

// errSelf is met where nobody listens on a port of this machine from which
// connections go out: one may then meet itself.
var errSelf = os.NewSyscallError("connect", unix.ECONNREFUSED)

func connectOnce(ctx context.Context, addr netip.AddrPort) error {
	family, remote := sockaddr(addr)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	switch err := unix.Connect(fd, remote); err {
	case nil, unix.EINPROGRESS, unix.EINTR:
	default:
		_ = unix.Close(fd)
		return os.NewSyscallError("connect", err)
	}
	done, err := settle(fd)
	if !done {
		return await(ctx, fd, addr)
	}
	if err == nil && self(fd, addr) {
		err = errSelf
	}
	_ = unix.Close(fd) // the target has answered; how the connection ends says nothing of it
	return err
}

// settle tells whether the connection stands or has failed. It asks twice and
// lets others work in between: what is near has answered by then, so that
// nobody need wait for it.
func settle(fd int) (done bool, err error) {
	if done, err = connected(fd); !done && err == nil {
		runtime.Gosched()
		done, err = connected(fd)
	}
	return done, err
}

// connected tells whether the connection stands or has failed.
func connected(fd int) (done bool, err error) {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(poll, 0)
	if n == 0 || errors.Is(err, unix.EINTR) {
		return false, nil
	}
	if err != nil {
		return true, os.NewSyscallError("poll", err)
	}
	if poll[0].Revents&(unix.POLLERR|unix.POLLHUP) == 0 {
		return true, nil
	}
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return true, os.NewSyscallError("getsockopt", err)
	}
	if errno == 0 {
		return true, nil // it stood, and the target has hung up already
	}
	return true, os.NewSyscallError("connect", unix.Errno(errno))
}

// await waits until the connection stands or has failed, or until ctx is done.
// It closes fd.
func await(ctx context.Context, fd int, addr netip.AddrPort) error {
	file := os.NewFile(uintptr(fd), "socket") // the way to the runtime's poller
	defer func() { _ = file.Close() }()
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = file.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var failed error
	if err := raw.Write(func(fd uintptr) bool {
		var done bool
		if done, failed = connected(int(fd)); done && failed == nil && self(int(fd), addr) {
			failed = errSelf
		}
		return done
	}); err != nil {
		return unwatched(file, err)
	}
	return failed
}

// errUnwatched is met where the kernel does not watch one connection more for this
// program, or user (fs.epoll.max_user_watches). The runtime keeps why to itself.
var errUnwatched = os.NewSyscallError("epoll_ctl", unix.EAGAIN)

// unwatched returns err, of waiting for file, or [errUnwatched] if file could not
// be waited for.
func unwatched(file *os.File, err error) error {
	if errors.Is(file.SetDeadline(time.Time{}), os.ErrNoDeadline) {
		return errUnwatched
	}
	return err
}

// self tells whether a connection to addr leads to itself. The other end tells what
// addr may not: an unspecified address is that of this machine.
func self(fd int, addr netip.AddrPort) bool {
	local, err := unix.Getsockname(fd)
	if err != nil || addrPort(local).Port() != addr.Port() {
		return false
	}
	remote, err := unix.Getpeername(fd)
	return err == nil && addrPort(local) == addrPort(remote)
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

func sockaddr(addr netip.AddrPort) (family int, sa unix.Sockaddr) {
	if ip := addr.Addr(); ip.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}
