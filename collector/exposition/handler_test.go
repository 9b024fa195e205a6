// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
)

const (
	acceptProto = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
	acceptOM    = "application/openmetrics-text;version=1.0.0"
	acceptOldOM = "application/openmetrics-text;version=0.0.1"
	acceptText  = "text/plain;version=0.0.4"
	acceptUTF8  = "text/plain;version=0.0.4;escaping=allow-utf-8"
	acceptPeek  = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"
)

var accepts = map[string]string{
	"none": "", "any": "*/*", "text": acceptText, "utf-8": acceptUTF8, "openmetrics": acceptOM, "openmetrics 0.0.1": acceptOldOM,
	"proto": acceptProto, "proto as text": acceptPeek, "unknown": "image/png",
	"prometheus": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
		"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
}

// ask returns the answer of a handler, and its body as it is after decompression.
func ask(tb testing.TB, h http.Handler, query, accept, encoding string) (*http.Response, []byte) {
	tb.Helper()
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/metrics"+query, nil)
	req.Header.Set("Accept", accept)
	if encoding != "" {
		req.Header.Set("Accept-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	resp := w.Result()
	require.Equal(tb, http.StatusOK, resp.StatusCode, w.Body)
	body := w.Body.Bytes()
	if length := resp.Header.Get("Content-Length"); length != "" {
		require.Equal(tb, strconv.Itoa(len(body)), length)
	}
	if resp.Header.Get("Content-Encoding") == "gzip" {
		body = gunzip(tb, body)
	}
	return resp, body
}

// gunzip decompresses one member, and fails if there is more.
func gunzip(tb testing.TB, body []byte) []byte {
	tb.Helper()
	in := bytes.NewReader(body)
	z, err := gzip.NewReader(in)
	require.NoError(tb, err)
	z.Multistream(false)
	text, err := io.ReadAll(z)
	require.NoError(tb, err)
	require.Zero(tb, in.Len(), "bytes after the first member")
	return text
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		for at := range n {
			for c := range 256 {
				text := []byte(strings.Repeat("x", n))
				text[at] = byte(c)
				want := c < 0x80 && c != '"' && c != '\\' && c != '\n'
				if plain(string(text)) != want {
					t.Errorf("plain(%q) is not %v", text, want)
				}
			}
		}
	}
}

// metricsOf decodes an answer as Prometheus would.
func metricsOf(t *testing.T, resp *http.Response, body []byte) map[string]*dto.MetricFamily {
	t.Helper()
	families := map[string]*dto.MetricFamily{}
	decoder := expfmt.NewDecoder(bytes.NewReader(body), expfmt.ResponseFormat(resp.Header))
	for {
		f := &dto.MetricFamily{}
		err := decoder.Decode(f)
		if errors.Is(err, io.EOF) {
			return families
		}
		require.NoError(t, err)
		require.NotContains(t, families, f.GetName(), "a family comes once")
		families[f.GetName()] = f
	}
}

// TestSameAsPromhttp compares every byte, and the headers that matter, with what
// client_golang makes of the same metrics.
func TestSameAsPromhttp(t *testing.T) {
	t.Parallel()
	for name, common := range map[string][]Label{"plain": nil, "vantage": {{"vantage", `here "and" there`}}, "two": {{"aaa", "ä"}, {"vantage", "x"}}} {
		w := newWorld(t, groupRows+20)
		w.common = common
		ours, theirs := w.handler(), promhttp.HandlerFor(w.registry(), promhttp.HandlerOpts{EnableOpenMetrics: true})
		for what, accept := range accepts {
			for _, encoding := range []string{"", "gzip", "identity"} {
				t.Run(name+"/"+what+"/"+encoding, func(t *testing.T) {
					t.Parallel()
					wantResp, want := ask(t, theirs, "", accept, encoding)
					for range 2 { // the second answer is made of what the first one has left
						gotResp, got := ask(t, ours, "", accept, encoding)
						for _, header := range []string{"Content-Type", "Content-Encoding", "Vary"} {
							require.Equal(t, wantResp.Header.Values(header), gotResp.Header.Values(header), header)
						}
						if what != "proto as text" && !bytes.Equal(want, got) { // its white space is random
							t.Error(cmp.Diff(strings.SplitAfter(string(want), "\n"), strings.SplitAfter(string(got), "\n")))
						}
					}
				})
			}
		}
	}
}

func TestGatherIsWhatARegistryGathers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60)
	w.common = []Label{{"vantage", "x"}}
	want, err := w.registry().Gather()
	require.NoError(t, err)
	got, err := w.handler().Gather()
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform(), cmpopts.EquateNaNs()))
}

func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30)
	ours, theirs := w.handler(), promhttp.HandlerFor(w.registry(), promhttp.HandlerOpts{EnableOpenMetrics: true})
	for _, query := range []string{"?name[]=test_value_seconds", "?name[]=zz_lag_seconds&name[]=test_status", "?name[]=none", "?name[]=test_empty"} {
		for _, accept := range accepts {
			for _, encoding := range []string{"identity", "gzip"} {
				_, want := ask(t, theirs, query, accept, encoding)
				_, got := ask(t, ours, query, accept, encoding)
				if accept != acceptPeek {
					require.True(t, bytes.Equal(want, got), "%s %s", query, accept)
				}
			}
		}
	}
}

// TestChangesAreSeen changes rows between scrapes of what is kept.
func TestChangesAreSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	ours := w.handler()
	same := func(why string) {
		t.Helper()
		for _, accept := range []string{acceptText, acceptOM, acceptProto} {
			_, want := ask(t, w.handler(), "", accept, "identity")
			for _, encoding := range []string{"identity", "gzip"} {
				_, got := ask(t, ours, "", accept, encoding)
				require.True(t, bytes.Equal(want, got), "%s: %s %s", why, accept, encoding)
			}
		}
	}
	same("at first")
	w.rows[300].status, w.rows[999].status = 2, 1
	same("a status")
	w.rows[512].value, w.rows[512].version = 42, math.MaxUint64
	same("a value")
	w.histograms.Observe(w.rows[700].name, 3)
	same("an observation")
	w.common = []Label{{"vantage", "y"}}
	same("a common label")
	w.rows, w.layout = w.rows[1:], 1
	same("a row is gone")
	w.rows = w.rows[:700]
	same("many are gone")
	w.rows = nil
	same("all are gone")
}

// A slow client stops after its first bytes, and goes on when it is told to.
type slow struct {
	*httptest.ResponseRecorder
	began, goOn chan struct{}
	once        sync.Once
}

// Write implements [http.ResponseWriter].
func (s *slow) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.began); <-s.goOn })
	return s.ResponseRecorder.Write(p)
}

// TestWhatIsBeingSentIsNotChanged changes everything while a client reads.
func TestWhatIsBeingSentIsNotChanged(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"identity", "gzip"} {
		w := newWorld(t, 700)
		h := w.handler()
		_, want := ask(t, h, "", acceptText, encoding)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		req.Header.Set("Accept-Encoding", encoding)
		client := &slow{ResponseRecorder: httptest.NewRecorder(), began: make(chan struct{}), goOn: make(chan struct{})}
		var wg sync.WaitGroup
		wg.Go(func() { h.ServeHTTP(client, req) })
		<-client.began
		for i := range w.rows {
			w.rows[i].status, w.rows[i].value, w.rows[i].version = 3-w.rows[i].status, 7, w.rows[i].version+1000
		}
		_, other := ask(t, h, "", acceptText, encoding)
		require.NotEqual(t, want, other)
		close(client.goOn)
		wg.Wait()
		got := client.Body.Bytes()
		if encoding == "gzip" {
			got = gunzip(t, got)
		}
		require.True(t, bytes.Equal(want, got), encoding)
	}
}

// TestOnlyWhatChangedIsEncoded counts how often rows are asked for their samples.
func TestOnlyWhatChangedIsEncoded(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"identity", "gzip"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			onlyWhatChanged(t, encoding)
		})
	}
}

func onlyWhatChanged(t *testing.T, encoding string) {
	t.Helper()
	rows := make([]int, 10*groupRows)
	var asked atomic.Int64
	family := &Family{Name: "n", Help: "N."}
	table := TableOf[int]{Labels: []string{"row"}, Values: func(*int, []string) {}, Rows: rows, Columns: []Column[int]{{
		family, func(r *int) uint64 { return uint64(*r) },
		func(r *int, to *Samples) { asked.Add(1); to.Add(float64(*r)) },
	}}}
	h := New(Options{
		View: func() View { return View{Tables: []Table{table}} }, Rest: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
	})
	for _, step := range []struct {
		change func()
		want   int
	}{
		{func() {}, len(rows)},
		{func() {}, 0},
		{func() { rows[groupRows]++ }, groupRows},
		{func() { rows[0]++; rows[len(rows)-1]++ }, 2 * groupRows},
		{func() { table.Layout++ }, len(rows)},
	} {
		step.change()
		asked.Store(0)
		ask(t, h, "", acceptText, encoding)
		require.EqualValues(t, step.want, asked.Load())
	}
}

func TestPagesAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newWorld(t, 10).handler()
		ask(t, h, "", acceptText, "gzip")
		ask(t, h, "", acceptProto, "gzip")
		require.Len(t, h.pages, 2)
		time.Sleep(keepFor / 2)
		ask(t, h, "", acceptText, "gzip")
		time.Sleep(keepFor/2 + time.Second)
		ask(t, h, "", acceptText, "gzip")
		require.Len(t, h.pages, 1, "nobody asked for the other one")
	})
}

func TestConcurrentScrapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	h := w.handler()
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 2000 {
			w.histograms.Observe(w.rows[i%300].name, float64(i))
		}
	})
	for _, accept := range []string{acceptText, acceptOM, acceptProto} {
		for _, encoding := range []string{"gzip", "identity"} {
			wg.Go(func() {
				for range 5 {
					resp, body := ask(t, h, "", accept, encoding)
					require.Len(t, metricsOf(t, resp, body)["test_status"].GetMetric(), 3*300)
				}
			})
		}
	}
	wg.Wait()
}

func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ours, theirs := w.handler(), promhttp.HandlerFor(w.registry(), promhttp.HandlerOpts{})
	for _, encoding := range []string{
		"gzip", "identity", "*", "deflate", "gzip, deflate", "gzip;q=0", "gzip;q=0.5, identity", "gzip;q=0.5, identity;q=0.1",
		"gzip;q=0.5, *;q=0.2", "*;q=0.5, identity;q=0", "identity;q=0.5, gzip;q=0.5", "gzip; q=0.9", "br;q=1.0, gzip;q=0.8, *;q=0.1", "zstd", ",", "gzip;q=x",
	} {
		want, _ := ask(t, theirs, "", "", encoding)
		got, _ := ask(t, ours, "", "", encoding)
		require.Equal(t, want.Header.Get("Content-Encoding"), got.Header.Get("Content-Encoding"), encoding)
	}
}

// failing is a collector that fails.
type failing struct{}

// Describe implements [prometheus.Collector].
func (failing) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (failing) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(prometheus.NewDesc("broken", "Broken.", nil, nil), errors.New("out of order"))
}

func TestAFailureIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.rest = append(w.rest, failing{})
	for _, accept := range accepts {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		req.Header.Set("Accept", accept)
		got := httptest.NewRecorder()
		w.handler().ServeHTTP(got, req)
		require.Equal(t, http.StatusInternalServerError, got.Code)
		require.Contains(t, got.Body.String(), "out of order")
	}
}
