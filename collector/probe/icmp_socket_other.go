// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package probe

import (
	"errors"
	"net/netip"
)

// An icmpConn is an ICMP socket of one family. Only on Linux is there one.
type icmpConn struct{ id uint16 }

func openICMP(socketOptions) (*icmpConn, error) {
	return nil, errors.New("pings are sent on Linux alone")
}

func (*icmpConn) send([]byte, netip.Addr) error { return errors.ErrUnsupported }
func (*icmpConn) receive(func(message))         {}
func (*icmpConn) drain(func(message))           {}
func (*icmpConn) close()                        {}
