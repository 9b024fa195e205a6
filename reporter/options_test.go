// SPDX-License-Identifier: Apache-2.0

package reporter_test

import (
	"context"
	"fmt"
	"testing"
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

func TestEndpointHidesItsToken(t *testing.T) {
	t.Parallel()
	e := reporter.Endpoint{URL: "http://one", Token: "secret"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		require.NotContains(t, fmt.Sprintf(verb, e), "secret", verb)
		require.NotContains(t, fmt.Sprintf(verb, []reporter.Endpoint{e}), "secret", verb)
	}
}
