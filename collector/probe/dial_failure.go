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
// target: nothing, if this machine did not even let the program try.
func dialFailure(err error) error {
	if errors.Is(err, os.ErrPermission) || exhausted(err) {
		return &Failure{status.Unknown, status.Permission, fmt.Errorf("this machine did not let the exporter connect: %w", err)}
	}
	return Failf(reasonOf(err), "%w", err)
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
