// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/pharos-status/pharos/internal/status"
)

// What keeps this machine from asking says nothing of the target, so all of these
// are unknown.

// errNoTurn is met by a ping for which no time was left. What took it is for
// [noTurn] to say.
var errNoTurn = errors.New("no time left to ping")

// noTurn is what is made of a ping that came too late: because it waited for others
// that long, or because looking up the name took longer still.
func noTurn(looked, waited time.Duration) error {
	err := errors.New("too many pings at a time: this one had no turn within its time limit")
	if looked > waited {
		err = fmt.Errorf("looking up the name took %v: no time was left to ping", looked.Round(time.Millisecond))
	}
	return &Failure{status.Unknown, status.Timeout, err}
}

func noWay(err error) error {
	return &Failure{status.Unknown, status.Connect, fmt.Errorf("this machine has no route to the target: %w", err)}
}

func noPermission(err error) error {
	return &Failure{status.Unknown, status.Permission, fmt.Errorf("no permission to ping: let the program's group ping "+
		"(sysctl net.ipv4.ping_group_range), or give the program the capability CAP_NET_RAW (setcap cap_net_raw+ep FILE): %w", err)}
}

// noSocket is what is made of an address for which there is no socket.
func noSocket(err error) pong {
	switch {
	case errors.Is(err, os.ErrPermission):
		return pong{err: noPermission(err)}
	case transient(err):
		return pong{err: dialFailure(err)}
	}
	return pong{err: noWay(err), nowhere: true}
}

// transient tells whether err says that this machine has no more to give just now.
// Pings have no ports that could run out, so there an address is missing for good,
// and so is a family.
func transient(err error) bool {
	return exhausted(err) && !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.EAFNOSUPPORT)
}

// unsent is what is made of an address to which the kernel does not send.
func unsent(to netip.Addr, err error) pong {
	switch {
	case errors.Is(err, os.ErrPermission): // by a firewall, by a route, or because it is for broadcast
		return pong{err: &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine lets nobody ping %v: %w", to, err)}}
	case errors.Is(err, syscall.EMSGSIZE):
		return pong{err: &Failure{status.Unknown, status.Connect, fmt.Errorf("ping %v: the packet is larger than this machine may send: %w", to, err)}}
	}
	return pong{err: noWay(err), nowhere: true}
}
