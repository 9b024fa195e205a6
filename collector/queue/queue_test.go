// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var node = status.NodeID{Service: "web", Node: "sockets"}

// A broker answers in place of a RabbitMQ.
type broker func(r *http.Request) (code int, body string)

func (b broker) RoundTrip(r *http.Request) (*http.Response, error) {
	code, body := b(r)
	if code == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{
		StatusCode: code, Status: fmt.Sprint(code, " ", http.StatusText(code)), Request: r,
		Header: http.Header{"Location": {"http://elsewhere/"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func counts(ready, unacknowledged int) (code int, body string) {
	return http.StatusOK, fmt.Sprintf(`{"messages_ready":%d,"messages_unacknowledged":%d,"name":"client"}`, ready, unacknowledged)
}

func settings(b broker) Settings {
	return Settings{
		API: API{
			URL: "http://rabbitmq:15672/", Username: "pharos", Password: "hunter2",
			LoadedRetryDelay: 500 * time.Millisecond, Client: &http.Client{Transport: b},
		},
		Queues: []Queue{{node, state.QueueLimits{Name: "client", Interval: 10 * time.Second, ReadyHealthyBelow: 500, ReadyDeadAbove: 20000}}},
	}
}

// A rig is a Reader that runs, and what it has recorded.
type rig struct {
	*Reader
	mu   sync.Mutex
	got  []state.Queue
	log  strings.Builder
	stop func()
}

func start(t *testing.T, s Settings) *rig {
	t.Helper()
	r := &rig{}
	r.Reader = New(Options{
		Record: func(id status.NodeID, q state.Queue) {
			r.mu.Lock()
			defer r.mu.Unlock()
			require.Equal(t, node, id)
			r.got = append(r.got, q)
		},
		Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	r.Update(s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	r.stop = func() {
		cancel()
		require.NoError(t, <-done)
	}
	return r
}

// taken returns what has been recorded since the last call.
func (r *rig) taken() []state.Queue {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func TestReadsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(func(r *http.Request) (int, string) {
			require.Equal(t, "http://rabbitmq:15672/api/queues/%2F/client?columns=messages_ready,messages_unacknowledged", r.URL.String())
			user, password, _ := r.BasicAuth()
			require.Equal(t, "pharos:hunter2", user+":"+password)
			return counts(499, 7)
		}))
		for range 3 {
			require.Equal(t, []state.Queue{{Ready: 499, Unacknowledged: 7, At: time.Now()}}, r.taken())
			time.Sleep(10*time.Second - 1)
			require.Empty(t, r.taken())
			time.Sleep(time.Nanosecond)
		}
		require.Len(t, r.taken(), 1)
		r.stop()
		require.Empty(t, r.log.String())
		require.InDelta(t, 4, testutil.ToFloat64(r.readings.WithLabelValues(success)), 0)
	})
}

func TestLoadedQueueIsReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := start(t, settings(func(*http.Request) (int, string) {
			asked++
			return counts(1000/asked, 0)
		}))
		require.Empty(t, r.taken(), "the first reading does not count")
		time.Sleep(500 * time.Millisecond)
		require.Equal(t, []state.Queue{{Ready: 500, At: time.Now()}}, r.taken(), "the second one does, whatever it says")
		time.Sleep(9500 * time.Millisecond)
		require.Equal(t, []state.Queue{{Ready: 333, At: time.Now()}}, r.taken())
		require.Equal(t, 3, asked)
		r.stop()
	})
}

func TestStopsWhileItWaitsToReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(func(*http.Request) (int, string) { return counts(1000, 0) }))
		require.Empty(t, r.taken())
		r.stop()
		require.Empty(t, r.taken())
	})
}

func TestQueueThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		fails.Store(true)
		r := start(t, settings(func(*http.Request) (int, string) {
			if fails.Load() {
				return 0, ""
			}
			return counts(1, 2)
		}))
		time.Sleep(25 * time.Second)
		got := r.taken()
		require.Len(t, got, 3)
		require.EqualError(t, got[2].Err, `Get "http://rabbitmq:15672/api/queues/%2F/client?columns=messages_ready,messages_unacknowledged": connection refused`)
		fails.Store(false)
		time.Sleep(10 * time.Second)
		require.NoError(t, r.taken()[0].Err)
		r.stop()
		require.Equal(t, 2, strings.Count(r.log.String(), "\n"), "the beginning and the end of an outage are told:\n%s", r.log.String())
		require.Contains(t, r.log.String(), `level=WARN msg="The queue can't be read; its last length counts for three intervals more" node=web:sockets queue=client err=`)
		require.Contains(t, r.log.String(), `level=INFO msg="The queue can be read again" node=web:sockets queue=client`)
		require.NotContains(t, r.log.String(), "hunter2")
		require.InDelta(t, 3, testutil.ToFloat64(r.readings.WithLabelValues(failure)), 0)
	})
}

func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(func(r *http.Request) (int, string) {
			<-r.Context().Done()
			return 0, ""
		}))
		time.Sleep(5 * time.Second)
		require.Error(t, r.taken()[0].Err)
		r.stop()
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := settings(func(*http.Request) (int, string) { return counts(1, 0) })
		r := start(t, s)
		require.Len(t, r.taken(), 1)
		time.Sleep(5 * time.Second)
		r.Update(s)
		require.Empty(t, r.taken(), "what stays is not disturbed")
		time.Sleep(5 * time.Second)
		require.Len(t, r.taken(), 1)
		s.Queues = []Queue{{node, state.QueueLimits{Name: "other", Interval: time.Minute}}}
		r.Update(s)
		require.Len(t, r.taken(), 1, "what is new is read at once")
		time.Sleep(59 * time.Second)
		require.Empty(t, r.taken())
		r.Update(Settings{})
		time.Sleep(time.Hour)
		require.Empty(t, r.taken())
		r.stop()
	})
}

// Many queues don't ask all at once.
func TestFewReadAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		s := settings(func(*http.Request) (int, string) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return counts(0, 0)
		})
		s.Queues = nil
		for i := range 40 {
			s.Queues = append(s.Queues, Queue{status.NodeID{Service: "web", Node: strconv.Itoa(i)}, state.QueueLimits{Name: "q", Interval: time.Hour}})
		}
		recorded := 0
		r := New(Options{Logger: slog.New(slog.DiscardHandler), Record: func(status.NodeID, state.Queue) {
			mu.Lock()
			defer mu.Unlock()
			recorded++
		}})
		r.Update(s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(10*time.Second + 1)
		synctest.Wait()
		require.Equal(t, 40, recorded)
		require.Equal(t, atOnce, most)
		cancel()
		require.NoError(t, <-done)
	})
}

func TestAnswersOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		body string
		want string
	}{
		"wrong password": {401, "", "RabbitMQ answers 401 Unauthorized; check the user name and the password, and that the user has the tag monitoring"},
		"no queue":       {404, "", `RabbitMQ has no queue "client" in the virtual host "/"; check both names, and that the URL is that of its management API`},
		"redirect":       {302, "", "RabbitMQ answers 302 Found"},
		"broken":         {500, "", "RabbitMQ answers 500 Internal Server Error"},
		"not JSON":       {200, "<html>", "the answer of RabbitMQ does not fit: invalid character '<' looking for beginning of value"},
		"no counts yet":  {200, `{"name":"client"}`, "RabbitMQ does not count the messages of the queue (yet)"},
		"a text":         {200, `{"messages_ready":"1"}`, "the answer of RabbitMQ does not fit: json: cannot unmarshal string into Go struct field .messages_ready of type int"},
		"negative":       {200, `{"messages_ready":-1,"messages_unacknowledged":0}`, "RabbitMQ counts less than no messages"},
		"endless":        {200, strings.Repeat(" ", maxAnswer+1), "the answer of RabbitMQ is longer than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings(func(*http.Request) (int, string) { return tc.code, tc.body })
			s.VirtualHost = "/"
			_, _, err := lengths(t.Context(), job{s.API, s.Queues[0]})
			require.EqualError(t, err, tc.want)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"messages_ready":1,"messages_unacknowledged":2}`))
	f.Add([]byte(`{"messages_ready":1e99}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ready, unacknowledged, err := parse(body)
		if err == nil {
			require.GreaterOrEqual(t, min(ready, unacknowledged), 0)
		}
	})
}
