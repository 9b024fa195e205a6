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

// AskFirst returns a function that dials as another, and connections over which
// nothing is heard before something is said.
func AskFirst(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return (&doorman{dial: dial}).connect
}

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
