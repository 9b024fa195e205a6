// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/config"
)

func loaded(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := load(t, text)
	require.NoError(t, err)
	return c
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for keys, cases := range map[string]map[float64]status.Status{
		"thresholds: {sick_above: 1, dead_above: 5}":                               {0: status.Healthy, 1: status.Healthy, 1.1: status.Sick, 5: status.Sick, 5.1: status.Dead, math.Inf(1): status.Dead, math.Inf(-1): status.Healthy},
		"thresholds: {sick_below: 5, dead_below: 1}":                               {6: status.Healthy, 5: status.Healthy, 4: status.Sick, 1: status.Sick, 0: status.Dead},
		"thresholds: {dead_below: 1}":                                              {1: status.Healthy, 0: status.Dead},
		"thresholds: {sick_below: 2, sick_above: 4, dead_below: 1, dead_above: 5}": {3: status.Healthy, 1.5: status.Sick, 4.5: status.Sick, 0: status.Dead, 6: status.Dead},
		`mapping: {"0": healthy, 1: dead, "-2.5": sick, 1e3: unknown}`:             {0: status.Healthy, 1: status.Dead, -2.5: status.Sick, 1000: status.Unknown, 2: status.Unknown},
	} {
		c := loaded(t, component("expr: up, "+keys)).Components[0]
		require.Equal(t, status.NodeID{Service: "g", Node: "a"}, c.NodeID())
		require.Equal(t, status.Unknown, c.Judge(math.NaN()))
		for value, want := range cases {
			require.Equal(t, want, c.Judge(value), "%s: %v", keys, value)
		}
	}
}

func TestPagesTakeWhatTheyLackFromTheMainOne(t *testing.T) {
	t.Parallel()
	c := loaded(t, `
language: fr
branding: {page_title: A, page_url: "https://a/", logo_color: red, csp_sources: ["https://c"]}
access: {password: secret}
pages:
- {id: b, hosts: [B.example.com., c], branding: {logo_color: blue}}
- {id: d, hosts: [d], branding: {page_title: D, page_url: "http://d/x", csp_sources: []}, language: de}
`)
	all := c.All()
	require.Len(t, all, 3)
	require.Equal(t, config.MainPage, all[0].ID)
	require.True(t, all[0].Access.Private())
	require.Equal(t, c.Brand(), all[0].Brand())
	require.Equal(t, statuspage.Brand{Title: "A", URL: "https://b.example.com/", LogoColor: "blue", CSPSources: []string{"https://c"}}, all[1].Brand())
	require.Equal(t, []string{"b.example.com", "c"}, all[1].Hosts)
	require.Equal(t, "fr", all[1].Language)
	require.False(t, all[1].Access.Private(), "each says for itself who may see it")
	require.Equal(t, statuspage.Brand{Title: "D", URL: "http://d/x", LogoColor: "red", CSPSources: []string{}}, all[2].Brand())
	require.Equal(t, "de", all[2].Language)
}

func TestSelects(t *testing.T) {
	t.Parallel()
	node := statuspage.NodeLayout{ID: "api", Mode: "promql", Labels: map[string]string{"team": "shop", "node": "a trap"}}
	for selection, want := range map[string]bool{
		`[]`:                                  true,
		`['service="web"']`:                   true,
		`['service=~"we"']`:                   false, // anchored, as in Prometheus
		`['service=~"db|web"', 'node="api"']`: true,
		`['service=~"db|web"', 'node="x"']`:   false,
		`['node="a trap"']`:                   false,
		`['mode!="promql"']`:                  false,
		`['team="shop"']`:                     true,
		`['owner=""']`:                        true,
		`['owner!~".+"', 'team!="internal"']`: true,
		`['owner=~".+"']`:                     false,
	} {
		c := loaded(t, "pages: [{id: a, hosts: [a], select: "+selection+"}]")
		require.Equal(t, want, c.Pages[0].Selects("web", node), selection)
		require.True(t, c.All()[0].Selects("web", node), "the main page shows everything")
	}
}

func TestFromAlerts(t *testing.T) {
	t.Parallel()
	f := loaded(t, `
incidents:
  from_alerts:
    policy: off
    after: 3m
    rules:
    - {services: [web], severities: [critical], policy: publish, after: 0s}
    - {services: [web], policy: draft}
    - {severities: [critical], policy: publish}
`).Incidents.FromAlerts
	require.True(t, f.Enabled())
	for _, c := range []struct {
		service, severity string
		policy            config.Policy
		after             time.Duration
	}{
		{"web", "critical", config.Publish, 0},
		{"web", "warning", config.Draft, 3 * time.Minute},
		{"db", "critical", config.Publish, 3 * time.Minute},
		{"db", "", config.Off, 3 * time.Minute},
	} {
		policy, after := f.For(c.service, c.severity)
		require.Equal(t, c.policy, policy, c)
		require.Equal(t, c.after, after, c)
	}
	off := config.Default().Incidents.FromAlerts
	require.False(t, off.Enabled())
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	const hash = "$2a$04$IBmGii2KEQ58hsEuhQ6FtekOL6c7nD2syu5upDVb.ynimqHnBTDfq"
	c := loaded(t, `admin: {users: [{name: a, password: plain}, {name: b, password: "`+hash+`"}]}`)
	require.True(t, c.Admin.Enabled())
	require.Nil(t, c.Admin.User("c"))
	plain, hashed := c.Admin.User("a").Password, c.Admin.User("b").Password
	require.True(t, config.Matches(plain, "plain"))
	require.False(t, config.Matches(plain, "other"))
	require.True(t, config.Matches(hashed, "correct horse"))
	require.False(t, config.Matches(hashed, hash), "the hash is no password")
	require.False(t, config.Matches(hashed, ""))
	require.False(t, config.Matches("", ""))
	require.False(t, config.Default().Admin.Enabled())
}

func TestTrusts(t *testing.T) {
	t.Parallel()
	p := loaded(t, `admin: {proxy: {header: X-User, trusted: [10.1.2.3/8, 127.0.0.1, "fe80::/10", "::1"]}}`).Admin.Proxy
	for addr, want := range map[string]bool{
		"10.9.9.9": true, "::ffff:10.9.9.9": true, "11.0.0.1": false,
		"127.0.0.1": true, "127.0.0.2": false, "fe80::1%eth0": true, "::1": true, "::2": false,
	} {
		require.Equal(t, want, p.Trusts(netip.MustParseAddr(addr)), addr)
	}
	require.False(t, p.Trusts(netip.Addr{}))
	none := config.Proxy{Trusted: p.Trusted}
	require.False(t, none.Trusts(netip.MustParseAddr("10.9.9.9")), "there is no header")
}

func TestEmailServer(t *testing.T) {
	t.Parallel()
	e := loaded(t, "subscribers: {email: {smarthost: '[::1]:465', from: A <a@example.com>}}").Subscribers.Email
	host, port := e.Server()
	require.True(t, e.Enabled())
	require.Equal(t, "::1", host)
	require.Equal(t, 465, port)
}

func TestTheMainPageSelects(t *testing.T) {
	t.Parallel()
	c := loaded(t, `
select: ['service!="secret"']
pages:
- {id: all, hosts: [a]}
`)
	all := c.All()
	require.False(t, all[0].Selects("secret", statuspage.NodeLayout{}))
	require.True(t, all[0].Selects("web", statuspage.NodeLayout{}))
	require.True(t, all[1].Selects("secret", statuspage.NodeLayout{}), "nobody inherits it")
}

func TestProxies(t *testing.T) {
	t.Parallel()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	require.Equal(t, loopback, config.Default().Proxies())
	require.Empty(t, loaded(t, "web: {trusted_proxies: []}").Proxies())
	c := loaded(t, `
web: {trusted_proxies: [10.0.0.0/8]}
admin: {proxy: {header: X-User, trusted: [192.0.2.1]}}
pages: [{id: a, hosts: [a], access: {proxy: {header: X-User, trusted: [192.0.2.2]}}}]
`)
	require.Equal(t, []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32"),
	}, c.Proxies())
}

func TestPrivatePagesThatHideNothing(t *testing.T) {
	t.Parallel()
	const page = "pages: [{id: eu, hosts: [a], select: ['service=\"eu\"'], access: {password: hunter2}}]\n"
	require.Equal(t, [][2]string{{"eu", config.MainPage}}, loaded(t, page).Uncovered())
	require.Empty(t, loaded(t, page+"select: ['service!=\"eu\"']").Uncovered())
	require.Empty(t, loaded(t, page+"access: {password: hunter2}").Uncovered())
	require.Empty(t, loaded(t, "pages: [{id: eu, hosts: [a], access: {password: hunter2}}]").Uncovered(), "more than the open one shows is the usual case")
}
