// SPDX-License-Identifier: Apache-2.0

package embedded

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/app"
)

// Receivers reach what is in the process by memory, and all else by the network.
func TestReceiversAreDialled(t *testing.T) {
	t.Parallel()
	const inProcess = "127.0.0.1:1" // where no server is
	bodies := make(chan string, 10)
	var network atomic.Int64
	server := app.NewMemoryServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		bodies <- r.Method + " " + r.URL.Path + " " + r.RemoteAddr
	}), usual(t, newExporter(1)).Logger)
	r := newRig(t, 1, func(o *Options) {
		o.Dial = func(ctx context.Context, kind, address string) (net.Conn, error) {
			if address == inProcess {
				return server.Dial(ctx)
			}
			network.Add(1)
			var d net.Dialer
			return d.DialContext(ctx, kind, address)
		}
	})
	r.alertmanager("group_by: ['...']", fmt.Sprintf("}, {url: 'http://%s/bridge/v1/oncall'", inProcess))
	stop := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { stop <- server.Run(ctx) }()
	t.Cleanup(func() { require.NoError(t, <-stop) }) // after the engine
	t.Cleanup(cancel)
	r.start()

	r.exporter.set(0, false)
	r.page("firing ReplicaDead replica-0000")
	require.Equal(t, "POST /bridge/v1/oncall 127.0.0.1:0", <-bodies)
	require.Positive(t, network.Load())
}
