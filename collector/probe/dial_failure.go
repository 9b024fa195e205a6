// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/pharos-status/pharos/internal/status"
)

// dialFailure says what an error of dialling or of looking up a name makes of the
// target: nothing, if this machine could not even try.
func dialFailure(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission) || exhausted(err):
		return &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter connect: %w", err)}
	case noResolver(err):
		return &Failure{status.Unknown, status.DNS, fmt.Errorf("this machine can't ask its resolver: %w", err)}
	case noRoute(err):
		return noWay(err)
	}
	return Failf(reasonOf(err), "%w", err)
}

// noResolver tells whether no resolver could be asked: what they would have said of
// the target is not known. Package net keeps the text of the cause alone.
func noResolver(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	if !ok {
		return false
	}
	for _, cause := range []syscall.Errno{syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EHOSTUNREACH, syscall.ECONNREFUSED} {
		if strings.Contains(dns.Err, cause.Error()) {
			return true
		}
	}
	return false
}

// noRoute tells whether err is that this machine has no way to an address. A router
// says the same of a network behind it, and a neighbour that doesn't answer is as
// unreachable; but both say something of the target. So the kernel is asked once
// more, by a socket for packets, which needs a route to connect and sends nothing.
func noRoute(err error) bool {
	if errors.Is(err, syscall.ENETDOWN) { // no router says that
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || !unreachable(err) {
		return false
	}
	to := packetAddr(op.Addr)
	return to != nil && unreachable(route(packetAddr(op.Source), to))
}

// route returns why this machine has no way to an address.
func route(from, to *net.UDPAddr) error {
	conn, err := net.DialUDP("udp", from, to)
	if err != nil {
		return err
	}
	return conn.Close()
}

func unreachable(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)
}

// packetAddr returns addr for a socket of packets; nil if it is of no such kind.
func packetAddr(addr net.Addr) *net.UDPAddr {
	switch addr := addr.(type) {
	case *net.TCPAddr:
		return &net.UDPAddr{IP: addr.IP, Port: addr.Port, Zone: addr.Zone}
	case *net.UDPAddr:
		return &net.UDPAddr{IP: addr.IP, Port: addr.Port, Zone: addr.Zone}
	}
	return nil
}

// exhausted tells whether err says that this machine has no more to give: file
// descriptors, processes, memory or ports to send from, or not the address or the
// family to send from. The resolver keeps the text of its cause alone.
func exhausted(err error) bool {
	var dns *net.DNSError
	resolving := errors.As(err, &dns)
	for _, cause := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT,
	} {
		if errors.Is(err, cause) || (resolving && strings.Contains(dns.Err, cause.Error())) {
			return true
		}
	}
	return false
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
