// SPDX-License-Identifier: Apache-2.0

package alerting_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/rules/alerting"
)

// A cycle is found wherever it begins, and told from where it comes first.
func TestCycles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{service: a, depends_on: [{service: b}]}, {service: b, depends_on: [{service: c}]}, {service: c, depends_on: [{service: b}]}":                                     `dependencies[1].depends_on[0]: service "b" depends on service "c", which depends on service "b": that is a cycle; remove one of the dependencies`,
		"{service: a, depends_on: [{service: x}, {service: b, node: n}]}, {service: b, depends_on: [{service: a, node: m}]}":                                               `dependencies[0].depends_on[1]: service "a" depends on node "n" of service "b", which depends on node "m" of service "a": that is a cycle; remove one of the dependencies`,
		"{service: a, node: m, depends_on: [{service: a}]}":                                                                                                                `dependencies[0].depends_on[0]: node "m" of service "a" depends on service "a": that is a cycle; remove one of the dependencies`,
		"{service: a, depends_on: [{service: b}, {service: c}]}, {service: b, depends_on: [{service: d}]}, {service: c, depends_on: [{service: d}]}":                       "",
		"{service: a, node: m, depends_on: [{service: a, node: n}]}, {service: a, node: n, depends_on: [{service: a, node: o}]}":                                           "",
		"{service: a, node: m, depends_on: [{service: b, node: m}]}, {service: b, node: n, depends_on: [{service: a, node: n}]}, {service: a, depends_on: [{service: c}]}": "",
	} {
		_, err := alerting.Parse("a.yml", []byte("dependencies: ["+text+"]"))
		if want == "" {
			require.NoError(t, err, text)
			continue
		}
		require.EqualError(t, err, "a.yml:1: "+want, text)
	}
}

// A file of many dependencies is checked in less time than anybody notices.
func TestManyDependencies(t *testing.T) {
	t.Parallel()
	const many = 4000
	var text bytes.Buffer
	text.WriteString("dependencies:\n")
	for i := range many {
		fmt.Fprintf(&text, "  - {service: s%d, depends_on: [{service: s%d}, {service: s%d}]}\n", i, i+1, i+2)
	}
	began := time.Now()
	_, err := alerting.Parse("a.yml", text.Bytes())
	require.NoError(t, err)
	fmt.Fprintf(&text, "  - {service: s%d, depends_on: [{service: s0}]}\n", many+1)
	_, err = alerting.Parse("a.yml", text.Bytes())
	require.ErrorContains(t, err, "that is a cycle")
	require.Less(t, time.Since(began), 10*time.Second)
}
