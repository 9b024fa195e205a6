// SPDX-License-Identifier: Apache-2.0

package probe

import "net/netip"

// Privileged tells whether p pings by raw sockets.
func Privileged(p *Pinger) (bool, error) {
	s, err := p.sockets.use(socketOptions{})
	if err != nil {
		return false, err
	}
	defer p.sockets.release(socketOptions{})
	return s.kind.privileged, nil
}

// NowhereWithout tells whether an address is left out for which there is no socket
// because of err.
func NowhereWithout(err error) bool { return noSocket(err).nowhere }

// ExtendedError reads the kernel's word of an error.
func ExtendedError(b []byte) (words string, from netip.Addr, ok bool) {
	e, ok := extendedError(b)
	if !ok {
		return "", from, false
	}
	return e.words(), e.from, true
}
