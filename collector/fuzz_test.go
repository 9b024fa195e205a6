// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"maps"
	"slices"
	"testing"

	"github.com/pharos-status/pharos/collector/blackbox"
	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/probe"
)

// FuzzTargets plans a discovered target beside a good one. What the configuration
// lets in, a prober can be made of: one bad target keeps no other from being watched.
func FuzzTargets(f *testing.F) {
	c := config.Default()
	modules := slices.Sorted(maps.Keys(c.Modules))
	for _, url := range []string{
		"http://a", "https://user:pass@a:1/b?c#d", "tcp://a:1", "icmp://a", "ssh://a:22", "dns://a/b?type=MX&transport=tls", "dns://a:53/b?class=CH&type=TXT",
		"grpc://a:1/b", "grpcs://[::1]:1", "unix:///a", "ws://a", "wss://a/b", "a", "a:1", "[::1]", "[::1]:1", "::1", "/a", "@a", "a:", ":1", "ssh://a", "a%zz", "\xff", "fe80::1%eth0", "a b",
	} {
		f.Add(url, uint8(0))
		for i := range modules {
			f.Add(url, uint8(i+1))
		}
	}
	f.Fuzz(func(t *testing.T, url string, asked uint8) {
		labels := map[string]string{"__service": "s", "__node": "n"}
		if i := int(asked); i > 0 && i <= len(modules) {
			labels["__module"] = modules[i-1]
		}
		good := config.Target{URL: "tcp://127.0.0.1:1", Labels: map[string]string{"__service": "s", "__node": "good"}}
		all, err := c.WithTargets([]config.Target{{URL: url, Labels: labels}, good})
		probers := newProberMaker(blackbox.Options{Pinger: probe.NewPinger()})
		p := newPlan(all, emptyPlan(), probers)
		if len(probers.failures) > 0 {
			t.Fatal(probers.failures)
		}
		want := 2
		if err != nil {
			want = 1
		}
		if len(p.jobs) != want {
			t.Fatalf("%d jobs, %v", len(p.jobs), err)
		}
	})
}
