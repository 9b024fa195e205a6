// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// owner returns the shard of n that has a service, and checks that it is one.
func owner(t *testing.T, service string, n int) int {
	t.Helper()
	found := -1
	for i := range n {
		if (config.Shard{Index: i, Count: n}).Owns(service) {
			require.Equal(t, -1, found, "%s is of two shards", service)
			found = i
		}
	}
	require.NotEqual(t, -1, found, "%s is of no shard", service)
	return found
}

func TestOneMoreShardMovesFewServices(t *testing.T) {
	t.Parallel()
	const services = 4000
	for _, n := range []int{1, 2, 3, 7, 16} {
		moved := 0
		for i := range services {
			id := "service-" + strconv.Itoa(i)
			before, after := owner(t, id, n), owner(t, id, n+1)
			if before != after {
				require.Equal(t, n, after, "%s moved to an old shard", id)
				moved++
			}
		}
		require.InEpsilon(t, float64(services)/float64(n+1), moved, 0.15, "from %d to %d", n, n+1)
	}
}

func TestShardsAreStable(t *testing.T) {
	t.Parallel()
	// Every exporter has to come to the same, whatever version it is of.
	got := map[string]int{}
	for _, id := range []string{"web", "lan", "mail", "shop", "", "ü"} {
		got[id] = owner(t, id, 10)
	}
	require.Equal(t, map[string]int{"": 5, "lan": 4, "mail": 9, "shop": 1, "web": 1, "ü": 8}, got)
}

func TestShardLeavesOutTheServicesOfOthers(t *testing.T) {
	t.Setenv("SHARD", "1")
	var all strings.Builder
	for i := range 20 {
		fmt.Fprintf(&all, "  - {id: s%d, nodes: [{id: a, mode: push}]}\n", i)
	}
	c, err := config.Load(write(t, "shard:\n  index: ${SHARD}\n  count: 3\nreporter: {tokens: [{token: x, services: [s0, s1, s2, s3]}]}\nservices:\n"+all.String()))
	require.NoError(t, err, "tokens may name services of all shards")
	require.Equal(t, config.Shard{Index: 1, Count: 3}, c.Shard)
	require.NotEmpty(t, c.Services)
	require.Less(t, len(c.Services), 20)
	for _, s := range c.Services {
		require.True(t, c.Shard.Owns(s.ID))
		require.Equal(t, s.ID, "s"+strconv.Itoa(s.Position), "the place on the page is that among all")
	}
}

func TestShardOfVariables(t *testing.T) {
	t.Setenv("PHAROS_TEST_SHARD", "2")
	t.Setenv("PHAROS_TEST_SHARDS", "3")
	for _, text := range []string{
		"shard: {index: \"${PHAROS_TEST_SHARD}\", count: '${PHAROS_TEST_SHARDS}'}\n",
		"shard:\n  index: ${PHAROS_TEST_SHARD}\n  count: \"${PHAROS_TEST_SHARDS}\"\n",
	} {
		c, err := config.Load(write(t, text))
		require.NoError(t, err, text)
		require.Equal(t, config.Shard{Index: 2, Count: 3}, c.Shard)
	}
}
