// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/statuspage/alerts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const reminder = `[{"name":"notification","value":"reminder","isRegex":false,"isEqual":true}]`

func client(t *testing.T, f *fakeAM) *alerts.Client {
	t.Helper()
	c, err := alerts.New(alerts.Options{URL: "http://pharos.local/alertmanager", Transport: f})
	require.NoError(t, err)
	t.Cleanup(func() { require.Empty(t, f.errs) })
	return c
}

func TestIgnoreAndUnignore(t *testing.T) {
	t.Parallel()
	f := &fakeAM{}
	synctest.Test(t, func(t *testing.T) {
		c := client(t, f)
		left, err := c.Ignored(t.Context())
		require.NoError(t, err)
		require.Zero(t, left)

		require.NoError(t, c.Ignore(t.Context(), 10*time.Minute))
		require.Equal(t, []string{"new-1 until 2000-01-01T00:10:00Z"}, f.on())
		time.Sleep(4 * time.Minute)
		left, err = c.Ignored(t.Context())
		require.NoError(t, err)
		require.Equal(t, 6*time.Minute, left)

		require.NoError(t, c.Ignore(t.Context(), time.Minute))
		require.Equal(t, []string{"new-1 until 2000-01-01T00:05:00Z"}, f.on(), "changed in place, and shorter")

		require.NoError(t, c.Unignore(t.Context()))
		require.Empty(t, f.on())
		require.NoError(t, c.Unignore(t.Context()), "again")

		require.NoError(t, c.Ignore(t.Context(), time.Minute))
		require.Equal(t, []string{"new-3 until 2000-01-01T00:05:00Z"}, f.on(), "an expired one is left alone")
		time.Sleep(2 * time.Minute)
		left, err = c.Ignored(t.Context())
		require.NoError(t, err)
		require.Zero(t, left, "never negative")
	})
}

func TestSilencesOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	f := &fakeAM{}
	synctest.Test(t, func(t *testing.T) {
		f.add("a person's", "alice", "active", time.Hour, reminder)
		f.add("of more", "pharos", "active", time.Hour, `[{"name":"notification","value":"reminder"},{"name":"service","value":"web"}]`)
		f.add("negative", "pharos", "active", time.Hour, `[{"name":"notification","value":"reminder","isEqual":false}]`)
		f.add("regex", "pharos", "active", time.Hour, `[{"name":"notification","value":"reminder","isRegex":true}]`)
		f.add("of changes", "pharos", "active", time.Hour, `[{"name":"notification","value":"change"}]`)
		f.add("over", "pharos", "expired", time.Hour, reminder)
		others := f.on()
		c := client(t, f)
		left, err := c.Ignored(t.Context())
		require.NoError(t, err)
		require.Zero(t, left)
		require.NoError(t, c.Ignore(t.Context(), time.Minute))
		require.Len(t, f.on(), len(others)+1)
		require.NoError(t, c.Unignore(t.Context()))
		require.Equal(t, others, f.on())
	})
}

func TestOneSilenceRemainsOfSeveral(t *testing.T) {
	t.Parallel()
	f := &fakeAM{}
	synctest.Test(t, func(t *testing.T) {
		f.add("shorter", "pharos", "active", time.Hour, reminder)
		f.add("longer", "pharos", "pending", 2*time.Hour, reminder)
		c := client(t, f)
		left, err := c.Ignored(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Hour, left)
		require.NoError(t, c.Ignore(t.Context(), time.Minute))
		require.Equal(t, []string{"longer until 2000-01-01T00:01:00Z"}, f.on())
	})
}

func TestConcurrentCallsMakeOneSilence(t *testing.T) {
	t.Parallel()
	f := &fakeAM{}
	c := client(t, f)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if err := c.Ignore(t.Context(), time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Len(t, f.on(), 1)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]http.HandlerFunc{
		`ask Alertmanager: GET silences: 503 Service Unavailable: "not ready"`: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, `"not ready"`)
		},
		"ask Alertmanager: GET silences: 400 Bad Request: " + strings.Repeat("a", 499) + "\uFFFD…": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, strings.Repeat("a", 499)+strings.Repeat("ü", 1000))
		},
		"ask Alertmanager: GET silences: the answer is larger than 16 MiB": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, zeros{}, 16<<20+1)
		},
		"ask Alertmanager: GET silences: invalid character '<' looking for beginning of value": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<html>")
		},
	}
	for want, answer := range cases {
		c := client(t, &fakeAM{answer: answer})
		_, err := c.Ignored(t.Context())
		require.EqualError(t, err, want)
		require.EqualError(t, c.Ignore(t.Context(), time.Minute), want)
		require.EqualError(t, c.Unignore(t.Context()), want)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c, err := alerts.New(alerts.Options{URL: "http://a", Transport: silent{}})
		require.NoError(t, err)
		_, err = c.Ignored(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

// silent never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := alerts.New(alerts.Options{URL: "//u:p@a"})
	require.EqualError(t, err, `address of Alertmanager: "//u:xxxxx@a" is no http or https URL`)
}
