// SPDX-License-Identifier: Apache-2.0

package deliver_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/pharos-status/pharos/collector/deliver"
)

func families(t *testing.T, n int) []*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewRegistry()
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "depth_metres", Help: "How deep."}, []string{"sea", "empty"})
	registry.MustRegister(gauge)
	for i := range n {
		gauge.WithLabelValues("Sea \"of\" ö"+strconv.Itoa(i), "").Set(float64(i) + 0.5)
	}
	all, err := registry.Gather()
	require.NoError(t, err)
	return all
}

func TestText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, deliver.Text(&out, families(t, 1)))
	require.Equal(t, "# HELP depth_metres How deep.\n# TYPE depth_metres gauge\ndepth_metres{empty=\"\",sea=\"Sea \\\"of\\\" ö0\"} 0.5\n", out.String())
}

func TestFileIsReplacedWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pharos.prom")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, deliver.File(path, families(t, 2)))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), "1.5\n")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "others may read it")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing else is left in the folder")
}

func TestFileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, deliver.File("/nowhere/at/all/pharos.prom", nil), "make the folder")
	require.EqualError(t, deliver.File("pharos.txt", nil),
		"the textfile collector reads files whose names end in .prom; rename pharos.txt")
}

// A receiver is a remote-write receiver that decodes what it is sent.
type receiver struct {
	mu       sync.Mutex
	codes    []int // to answer with, one after the other; then 204
	requests int
	series   map[string]float64 // by the labels, joined in their order
	times    map[int64]bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if len(r.codes) > 0 {
		http.Error(w, "not\nso", r.codes[0])
		r.codes = r.codes[1:]
		return
	}
	packed, _ := io.ReadAll(req.Body)
	message, err := snappy.Decode(nil, packed)
	if err != nil || req.Header.Get("Content-Type") != "application/x-protobuf" ||
		req.Header.Get("X-Prometheus-Remote-Write-Version") != "0.1.0" || req.URL.Path != "/api/v1/write" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	fields(message, func(_ protowire.Number, series []byte) { r.take(series) })
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) take(series []byte) {
	var name []string
	var value float64
	fields(series, func(field protowire.Number, part []byte) {
		if field == 1 {
			fields(part, func(_ protowire.Number, word []byte) { name = append(name, string(word)) })
			return
		}
		bits, n := protowire.ConsumeFixed64(part[1:])
		value = math.Float64frombits(bits)
		ms, _ := protowire.ConsumeVarint(part[1+n+1:])
		r.times[int64(ms)] = true
	})
	r.series[strings.Join(name, " ")] = value
}

// fields calls f for each field of a message whose fields are all of bytes.
func fields(message []byte, f func(protowire.Number, []byte)) {
	for len(message) > 0 {
		field, _, n := protowire.ConsumeTag(message)
		part, m := protowire.ConsumeBytes(message[n:])
		f(field, part)
		message = message[n+m:]
	}
}

func newReceiver(t *testing.T, codes ...int) (*receiver, string) {
	t.Helper()
	r := &receiver{codes: codes, series: map[string]float64{}, times: map[int64]bool{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, server.URL + "/api/v1/write"
}

func options(url string) deliver.RemoteWriteOptions {
	return deliver.RemoteWriteOptions{URL: url, Labels: map[string]string{"instance": "ship", "job": "pharos"}, Logger: slog.New(slog.DiscardHandler)}
}

func TestRemoteWrite(t *testing.T) {
	t.Parallel()
	r, url := newReceiver(t)
	at := time.UnixMilli(1_700_000_000_123)
	require.NoError(t, deliver.RemoteWrite(t.Context(), options(url), families(t, 4500), at))
	require.Equal(t, 3, r.requests, "in parts")
	require.Len(t, r.series, 4500)
	require.InDelta(t, 17.5, r.series[`__name__ depth_metres instance ship job pharos sea Sea "of" ö17`], 0)
	require.Equal(t, map[int64]bool{at.UnixMilli(): true}, r.times)
}

func TestRemoteWriteTriesAgainWhatMayPass(t *testing.T) {
	t.Parallel()
	r, url := newReceiver(t, http.StatusServiceUnavailable)
	require.NoError(t, deliver.RemoteWrite(t.Context(), options(url), families(t, 1), time.Now()))
	require.Equal(t, 2, r.requests)
	require.Len(t, r.series, 1)
}

func TestRemoteWriteThatIsRefused(t *testing.T) {
	t.Parallel()
	r, url := newReceiver(t, http.StatusUnauthorized)
	url = strings.Replace(url, "http://", "http://me:s3cret@", 1)
	err := deliver.RemoteWrite(t.Context(), options(url), families(t, 1), time.Now())
	require.ErrorContains(t, err, "send the metrics by remote write: ")
	require.ErrorContains(t, err, "401")
	require.NotContains(t, err.Error(), "\n", "whatever the receiver said")
	require.NotContains(t, err.Error(), "s3cret")
	require.Equal(t, 1, r.requests)
	require.ErrorContains(t, deliver.RemoteWrite(t.Context(), options("prometheus:9090"), nil, time.Now()), "write one such as")
}

func TestRemoteWriteShowsNoSecret(t *testing.T) {
	t.Parallel()
	r, _ := newReceiver(t, http.StatusServiceUnavailable)
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		asked = append(asked, user+" "+password+" "+req.URL.RawQuery)
		r.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	var log bytes.Buffer
	o := options(strings.Replace(server.URL, "http://", "http://me:s3cret@", 1) + "/api/v1/write?token=t0ken")
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	require.NoError(t, deliver.RemoteWrite(t.Context(), o, families(t, 1), time.Now()))
	require.Equal(t, []string{"me s3cret token=t0ken", "me s3cret token=t0ken"}, asked)

	server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := deliver.RemoteWrite(ctx, o, families(t, 1), time.Now())
	require.Error(t, err)
	for _, secret := range []string{"s3cret", "t0ken"} {
		require.NotContains(t, err.Error(), secret)
		require.NotContains(t, log.String(), secret)
	}
	require.Contains(t, log.String(), "retrying")
}
