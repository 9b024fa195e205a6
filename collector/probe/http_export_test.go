// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net"
)

// Bounds on what a target may send.
const (
	MaxHeader    = maxHeader
	MaxText      = maxText
	MaxUnpacked  = maxUnpacked
	MaxRedirects = maxRedirects
)

// HostPort returns where a URL leads.
var HostPort = hostPort

// ReadAnswer judges an answer to o that comes over conn.
func ReadAnswer(conn net.Conn, o HTTPOptions) (*HTTPFacts, error) {
	p := &leanProbe{o: o}
	x := takeExchange(conn)
	defer x.release()
	resp, err := x.do(p)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	r := begin()
	r.HTTP = &HTTPFacts{}
	err = o.examine(context.Background(), &r.Trace, resp)
	return r.HTTP, err
}
