// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A wire leads to a server and can be cut: then it stays open and carries nothing.
type wire struct {
	url string

	mu   sync.Mutex
	open chan struct{} // closed while the wire carries
}

// newWire returns one to the server of the URL.
func newWire(t testing.TB, to string) *wire {
	t.Helper()
	there, err := url.Parse(to)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := there.Host
	there.Host = l.Addr().String()
	w := &wire{url: there.String(), open: make(chan struct{})}
	close(w.open)
	var all sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		w.mend()
		all.Wait()
	})
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			all.Go(func() { w.carry(near, far) })
			all.Go(func() { w.carry(far, near) })
		}
	})
	return w
}

// carry copies until either end closes.
func (w *wire) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		<-w.gate()
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil || err != nil {
			return
		}
	}
}

func (w *wire) gate() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = make(chan struct{})
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.open:
	default:
		close(w.open)
	}
}
