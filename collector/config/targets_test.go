// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// discovering is what the targets of the tests come to.
const discovering = `
defaults: {poll: {interval: 1h}}
http_sd_configs: [{url: "http://inventory.example.com"}]
services:
  - id: web
    poll: {timeout: 7s}
    nodes:
      - {id: api, mode: poll, replicas: ["tcp://a:1"], poll: {retries: 0}, min_healthy: 2}
      - {id: all, mode: poll, http: {body_match: ok}}
      - {id: queue, mode: push}
      - {id: plugin, mode: script, scripts: ["exit 0"]}
      - {id: http, mode: poll, module: http_2xx}
`

func loadDiscovering(t testing.TB) *config.Config {
	t.Helper()
	c, err := config.Load(write(t, discovering))
	require.NoError(t, err)
	return c
}

// target makes a target of a URL and labels, key=value.
func target(url, service, node string, labels ...string) config.Target {
	all := map[string]string{"__service": service, "__node": node, "env": "prod", "__meta_url": "http://x"}
	for _, l := range labels {
		key, value, _ := strings.Cut(l, "=")
		all["__"+key] = value
	}
	return config.Target{URL: url, Labels: all}
}

func replicaNames(n config.Node) (names []string) {
	for _, r := range n.Replicas {
		names = append(names, r.Name)
	}
	return names
}

func TestTargetsJoinTheirNodes(t *testing.T) {
	t.Parallel()
	c := loadDiscovering(t)
	before := c.String() + fmt.Sprintf("%+v", c.Services)
	with, err := c.WithTargets([]config.Target{
		target("https://b.example.com/?key=hunter2", "web", "api", "interval=15s", "timeout=2s", "sick_after=1s", "retries=3", "retry_wait=1s"),
		target("tcp://b:1", "web", "api"),
		target("https://hunter:hunter2@c", "web", "all", "replica=c"),
		target("host-1.example.com", "web", "http"),
	})
	require.NoError(t, err)
	require.Equal(t, before, c.String()+fmt.Sprintf("%+v", c.Services), "the old one stays as it is")
	require.Equal(t, []string{"web"}, ids(with))

	api := node(t, with, "web", "api")
	require.Equal(t, []string{"tcp://a:1", "https://b.example.com/#fe3db2dfd3", "tcp://b:1"}, replicaNames(api))
	require.Equal(t, config.Poll{
		Interval: 15 * time.Second, Timeout: 2 * time.Second, SickAfter: time.Second, Retries: 3, RetryWait: time.Second,
		StatusFrom: 200, StatusBelow: 400,
	}, api.Replicas[1].Poll)
	require.Equal(t, api.Poll, api.Replicas[2].Poll, "what no label says is as the node has it")
	require.Zero(t, api.Poll.Retries)

	all := node(t, with, "web", "all")
	require.Equal(t, []string{"c"}, replicaNames(all))
	require.Equal(t, "hunter:hunter2", all.Replicas[0].URL.User.String())
	require.Equal(t, 7*time.Second, all.Replicas[0].Poll.Timeout)

	require.Equal(t, "host-1.example.com", node(t, with, "web", "http").Replicas[0].Target)
}

func TestTargetsMakeServicesAndNodes(t *testing.T) {
	t.Parallel()
	targets := []config.Target{
		target("tcp://new:1", "web", "new", "node_label=A new one", "min_healthy=1", "reveal_replica_name=true", "link_url=https://docs", "link_label=Manual"),
		target("tcp://new:1", "zoo", "b", "service_label=Zoo"),
		target("tcp://new:2", "zoo", "b", "service_label=never seen"),
		target("", "zoo", "c", "mode=push"),
		target("", "zoo", "c", "mode=push"),
		target("icmp-1", "alpha", "a", "module=icmp", "mode=poll"),
	}
	with, err := loadDiscovering(t).WithTargets(targets)
	require.NoError(t, err)
	require.Equal(t, []string{"web", "alpha", "zoo"}, ids(with))
	require.Equal(t, 2, with.Services[2].Position)
	require.Equal(t, "Zoo", with.Services[2].Label)

	n := node(t, with, "web", "new")
	require.Equal(t, "A new one", n.Label)
	require.Equal(t, 1, n.MinHealthy)
	require.True(t, n.Reveal)
	require.Equal(t, config.Link{URL: "https://docs", Label: "Manual"}, n.Link)
	require.Equal(t, 7*time.Second, n.Poll.Timeout, "from the service")
	require.Equal(t, "HEAD", n.HTTP.Method)

	b := node(t, with, "zoo", "b")
	require.Equal(t, []string{"tcp://new:1", "tcp://new:2"}, replicaNames(b))
	require.Equal(t, 10*time.Second, b.Poll.Timeout, "a new service begins with the defaults")
	require.Equal(t, time.Hour, b.Poll.Interval)
	require.Empty(t, node(t, with, "zoo", "c").Replicas)
	require.Equal(t, "icmp", node(t, with, "alpha", "a").ModuleName)

	slices.Reverse(targets)
	targets[3], targets[4] = targets[4], targets[3] // the label of a service is that of its first target
	again, err := with.WithTargets(targets)
	require.NoError(t, err)
	require.Equal(t, with.Services, again.Services, "the order does not matter, and targets are replaced, not added")
	none, err := again.WithTargets(nil)
	require.NoError(t, err)
	require.Equal(t, []string{"web"}, ids(none))
}

func TestBadTargetsAreLeftOut(t *testing.T) {
	t.Parallel()
	for want, bad := range map[string]config.Target{
		`__service: the service has no id; give it one`:                                                                              target("tcp://a:1", "", "a"),
		`__node: the node has no id; give it one`:                                                                                    target("tcp://a:1", "web", ""),
		`__service: "a/b" can't be part of a path; use an id without a slash that is neither . nor ..`:                               target("tcp://a:1", "a/b", "a"),
		`__service: "\xff" is not valid UTF-8; mend what the variable in it holds`:                                                   target("tcp://a:1", "\xff", "a"),
		`__service_label: "\n" has a control character; remove it`:                                                                   target("tcp://a:1", "a", "a", "service_label=\n"),
		`__node_label: "\n" has a control character; remove it`:                                                                      target("tcp://a:1", "a", "a", "node_label=\n"),
		`__mode: unknown mode "pull", want poll, script, push or local`:                                                              target("tcp://a:1", "a", "a", "mode=pull"),
		`__mode: scripts are run from files alone; leave the target out`:                                                             target("exit 0", "a", "a", "mode=script"),
		`__mode: is "push", and the node is in mode poll; leave the label out`:                                                       target("tcp://a:1", "web", "api", "mode=push"),
		`__node: the node is in mode push, which has no targets; name another node`:                                                  target("tcp://a:1", "web", "queue"),
		`__node: the node is in mode script, which has no targets; name another node`:                                                target("exit 0", "web", "plugin"),
		`__mode: is "poll", and the node is in mode script; leave the label out`:                                                     target("exit 0", "web", "plugin", "mode=poll"),
		`__module: is "icmp", and the node is asked by ""; give the node a name of its own`:                                          target("a", "web", "api", "module=icmp"),
		`__module: belongs to mode poll, and the node is in mode push; remove it, or change the mode`:                                target("", "a", "a", "module=icmp", "mode=push"),
		`__min_healthy: is 0, want at least 1; remove it if every replica has to be available`:                                       target("tcp://a:1", "a", "a", "min_healthy=0"),
		`__min_healthy: found "x", want a whole number`:                                                                              target("tcp://a:1", "a", "a", "min_healthy=x"),
		`__reveal_replica_name: found "yes", want true or false`:                                                                     target("tcp://a:1", "a", "a", "reveal_replica_name=yes"),
		`__link_label: the link has a label but no url; give it one, or remove the label`:                                            target("tcp://a:1", "a", "a", "link_label=x"),
		`__interval: found "5", want a duration such as 5s or 2m`:                                                                    target("tcp://a:1", "a", "a", "interval=5"),
		`__interval: is 0s, want more than 0; __timeout: is 0s, want more than 0`:                                                    target("tcp://a:1", "a", "a", "interval=0s", "timeout=0s"),
		`__timeout: is 2s, shorter than sick_after (5s), so a slow replica would be dead before it is sick; set sick_after here too`: target("tcp://a:1", "a", "a", "timeout=2s"),
		`__retries: is 101, want 0 to 100`:                                                                                           target("tcp://a:1", "a", "a", "retries=101"),
		`__replica: has 201 bytes, want at most 200`:                                                                                 target("tcp://a:1", "a", "a", "replica="+strings.Repeat("x", 201)),
		`__replica: the node has a replica called "tcp://a:1" already; give this one another name`:                                   target("tcp://a:1", "web", "api"),
		`tcp needs a port; write tcp://host:port`:                                                                                    target("tcp://a", "web", "api"),
		`the replica has no url; give it one, such as https://host/path`:                                                             target("", "web", "api"),
		`not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`:                            target("https://hunter:hunter2/x@a", "web", "api"),
		`the host is no name that can be looked up`:                                                                                  target("https://hunter:hunter2@bü_cher.example/", "web", "api"),
		`the module asks URLs that begin with http:// or https://; write such a one, or name another module`:                         target("tcp://a:1", "web", "http"),
	} {
		c := loadDiscovering(t)
		with, err := c.WithTargets([]config.Target{target("tcp://good:1", "good", "good"), bad})
		var left *config.TargetError
		require.ErrorAs(t, err, &left)
		require.Equal(t, 1, left.LeftOut)
		require.Equal(t, 2, left.Of)
		require.ErrorContains(t, err, "): "+want)
		require.NotContains(t, err.Error(), "hunter")
		require.Equal(t, []string{"web", "good"}, ids(with))
		require.Equal(t, c.Services, with.Services[:1])
	}
}

func TestManyBadTargetsAreToldShortly(t *testing.T) {
	t.Parallel()
	_, err := loadDiscovering(t).WithTargets(make([]config.Target, 1000))
	require.ErrorContains(t, err, "1000 of 1000 discovered targets are left out:\ntarget 1 (\"\"): __service: the service has no id; give it one; __node: ")
	require.ErrorContains(t, err, "\nand 990 more")
	require.Len(t, strings.Split(err.Error(), "\n"), 12)
}

func TestOneMoreTargetChangesNoOther(t *testing.T) {
	t.Parallel()
	c := loadDiscovering(t)
	targets := make([]config.Target, 10_000)
	for i := range targets {
		targets[i] = target("https://host-"+strconv.Itoa(i)+"/?key="+strconv.Itoa(i), "fleet-"+strconv.Itoa(i%10), "hosts")
	}
	before, err := c.WithTargets(targets)
	require.NoError(t, err)
	after, err := c.WithTargets(append(targets, target("https://host-7/?key=x", "fleet-7", "hosts")))
	require.NoError(t, err)
	known, others := replicas(before), replicas(after)
	require.Len(t, known, 10_002)
	require.Len(t, others, 10_003)
	for name, r := range known {
		require.Equal(t, r, others[name])
	}
}

func TestManyURLsDifferInTheirQueriesAlone(t *testing.T) {
	t.Parallel()
	targets, list := make([]config.Target, 10_000), make([]string, 10_000)
	for i := range targets {
		url := "https://a.example.com/?tenant=" + strconv.Itoa(i)
		targets[i], list[i] = target(url, "fleet", "hosts"), strconv.Quote(url)
	}
	with, err := loadDiscovering(t).WithTargets(targets)
	require.NoError(t, err)
	require.Len(t, node(t, with, "fleet", "hosts").Replicas, len(targets))

	written, err := config.Load(write(t, "services: [{id: fleet, nodes: [{id: hosts, mode: poll, replicas: ["+strings.Join(list, ", ")+"]}]}]\n"))
	require.NoError(t, err)
	require.ElementsMatch(t, replicaNames(node(t, with, "fleet", "hosts")), replicaNames(node(t, written, "fleet", "hosts")))
}

func replicas(c *config.Config) map[string]config.Replica {
	all := map[string]config.Replica{}
	for _, s := range c.Services {
		for _, n := range s.Nodes {
			for _, r := range n.Replicas {
				all[s.ID+":"+n.ID+":"+r.Name] = r
			}
		}
	}
	return all
}

func TestTargetsAreShardedLikeServices(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i := range 3 {
		c, err := config.Load(write(t, fmt.Sprintf("shard: {index: %d, count: 3}\nservices: [{id: web, nodes: [{id: a, mode: push}]}]\n", i)))
		require.NoError(t, err)
		var targets []config.Target
		for j := range 30 {
			targets = append(targets, target("tcp://a:1", "s"+strconv.Itoa(j), "a"))
		}
		with, err := c.WithTargets(targets)
		require.NoError(t, err)
		for _, s := range with.Services {
			require.True(t, c.Shard.Owns(s.ID))
			seen[s.ID]++
		}
	}
	require.Len(t, seen, 31)
	for id, times := range seen {
		require.Equal(t, 1, times, id)
	}
}

func FuzzWithTargets(f *testing.F) {
	f.Add("https://a", "web", "api", "replica", "x")
	f.Add("tcp://a:1", "a", "b", "timeout", "2s")
	f.Add("a:1", "a", "b", "module", "tcp_connect")
	c := loadDiscovering(f)
	f.Fuzz(func(t *testing.T, url, service, id, key, value string) {
		with, err := c.WithTargets([]config.Target{target(url, service, id, key+"="+value), target("tcp://good:1", "good", "good")})
		if err != nil {
			require.NotEmpty(t, err.Error())
		}
		for _, s := range with.Services {
			for _, n := range s.Nodes {
				checkNode(t, n)
			}
		}
	})
}
