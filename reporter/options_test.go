// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/reporter"
)

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*reporter.Options){
		"the URL of the server is not given":                                                           func(o *reporter.Options) { o.URL = "" },
		"the URL of the server must begin with https:// or http://, and have a host":                   func(o *reporter.Options) { o.URL = "example.com" },
		"the Token of http://one is not given":                                                         func(o *reporter.Options) { o.Token = "" },
		"the Token of http://one has white space around it, as one read from a file may have; trim it": func(o *reporter.Options) { o.Token = "secret\n" },
		"both a URL or Token and Endpoints are given; want the one or the others":                      func(o *reporter.Options) { o.Endpoints = []reporter.Endpoint{{URL: "http://two", Token: "t"}} },
		"the endpoint http://two is given twice":                                                       func(o *reporter.Options) { o.URL, o.Token, o.Endpoints = "", "", twice() },
		"the Service is not given":                                                                     func(o *reporter.Options) { o.Service = "" },
		"the Node is not given":                                                                        func(o *reporter.Options) { o.Node = "" },
		`the Replica is ".", which can't be part of a path; give it another name`:                      func(o *reporter.Options) { o.Replica = "." },
		`the Mode is "poll", want "push" or "local"`:                                                   func(o *reporter.Options) { o.Mode = "poll" },
		"the Policy is 2, want All or First":                                                           func(o *reporter.Options) { o.Policy = 2 },
		"the Interval is 999ms, want from 1s to 30 days":                                               func(o *reporter.Options) { o.Interval = 999 * time.Millisecond },
		"the Interval is -1s, want from 1s to 30 days":                                                 func(o *reporter.Options) { o.Interval = -time.Second },
		"the Interval is 720h0m0.000000001s, want from 1s to 30 days":                                  func(o *reporter.Options) { o.Interval = 30*24*time.Hour + 1 },
		"a Load is given in mode local, which has none; want mode push, or only Checks":                func(o *reporter.Options) { o.Load = reporter.HostLoad() },
		`the check "disk" is nil`:                                                                      func(o *reporter.Options) { o.Checks = map[string]reporter.Check{"disk": nil} },
	} {
		o := newServer().options()
		change(&o)
		r, err := reporter.Start(t.Context(), o)
		require.EqualError(t, err, "starting a reporter: "+want)
		require.Nil(t, r)
	}
}

func twice() []reporter.Endpoint {
	return []reporter.Endpoint{{URL: "http://two", Token: "a"}, {URL: "http://two/", Token: "b"}}
}

func TestStartAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := reporter.Start(ctx, newServer().options())
	require.ErrorIs(t, err, context.Canceled)
}

func TestTokensAreHidden(t *testing.T) {
	t.Parallel()
	e := reporter.Endpoint{URL: "http://one", Token: "secret"}
	o := reporter.Options{URL: "http://one", Token: "secret", Endpoints: []reporter.Endpoint{e}}
	type settings struct{ Reporter reporter.Options }
	for _, v := range []any{e, &e, []reporter.Endpoint{e}, o, &o, settings{o}, reporter.Client{Endpoint: e}, &reporter.Client{Endpoint: e}} {
		l := &log{}
		l.logger().Info("text", "value", v)
		slog.New(slog.NewJSONHandler(l, nil)).Info("JSON", "value", v)
		texts := l.lines()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		for _, text := range texts {
			require.NotContains(t, text, "secret", "%T", v)
		}
	}
	text, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, `{"URL": "http://one"}`, string(text))
	require.Contains(t, o.String(), "URL:http://one")
}

// What is refused is told though nobody has asked for it.
func TestDefaultLogger(t *testing.T) { //nolint:paralleltest // it sets what there is once
	l, before := &log{}, slog.Default()
	slog.SetDefault(l.logger())
	t.Cleanup(func() { slog.SetDefault(before) })
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.answer = func(*http.Request) *http.Response { return answer(http.StatusPreconditionFailed) }
		o := s.options()
		o.Logger, o.KeepLast = nil, true
		start(t, o)
		synctest.Wait()
	})
	require.Equal(t, []string{
		`level=WARN msg="A report was not taken; reporting goes on" endpoint=http://one err="the server answered 412 Precondition Failed: told"`,
	}, l.lines())
}
