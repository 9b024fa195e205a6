// SPDX-License-Identifier: Apache-2.0

package blackbox_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/collector/probe"
)

func modules(t testing.TB, text string) map[string]*module.Module {
	t.Helper()
	all, err := module.Parse("blackbox.yml", []byte(text))
	require.NoError(t, err)
	return all
}

// A rig is a Handler with its history.
type rig struct {
	*blackbox.Handler
	history *blackbox.History
}

// handler returns a rig for modules as in a file.
func handler(t testing.TB, text string) rig {
	t.Helper()
	all := modules(t, text)
	o := options(func() map[string]*module.Module { return all })
	return rig{blackbox.NewHandler(o), o.History}
}

func options(all func() map[string]*module.Module) blackbox.HandlerOptions {
	return blackbox.HandlerOptions{
		Options:       blackbox.Options{Pinger: probe.NewPinger(), UserAgent: "pharos/test"},
		Modules:       all,
		TimeoutOffset: 500 * time.Millisecond,
		History:       blackbox.NewHistory(3),
		Logger:        slog.New(slog.DiscardHandler),
	}
}

// ask returns the answer to a request for /probe. The parameters are names and
// values, in turn.
func ask(t testing.TB, h http.Handler, parameters ...string) *httptest.ResponseRecorder {
	t.Helper()
	return askWith(t, h, nil, parameters...)
}

func askWith(t testing.TB, h http.Handler, header http.Header, parameters ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/probe?"+query(parameters...), nil)
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func query(parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return values.Encode()
}

// metrics returns the families of an answer, which must be one.
func metrics(t testing.TB, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	require.NoError(t, err, "%s", text)
	return families
}

// value returns that of the first sample of a metric.
func value(t testing.TB, families map[string]*dto.MetricFamily, name string) float64 {
	t.Helper()
	require.Contains(t, families, name)
	return families[name].GetMetric()[0].GetGauge().GetValue()
}

// labels returns those of the first sample of a metric.
func labels(t testing.TB, families map[string]*dto.MetricFamily, name string) map[string]string {
	t.Helper()
	require.Contains(t, families, name)
	all := map[string]string{}
	for _, l := range families[name].GetMetric()[0].GetLabel() {
		all[l.GetName()] = l.GetValue()
	}
	return all
}

// listen serves each connection with talk.
func listen(t testing.TB, network, address string, talk func(net.Conn)) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), network, address)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			talk(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l
}

// banner greets, and then hears the client out.
func banner(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// closedPort returns an address where nothing listens.
func closedPort(t testing.TB) string {
	t.Helper()
	l := httptest.NewServer(nil)
	l.Close()
	return strings.TrimPrefix(l.URL, "http://")
}
