// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// BenchmarkLoad reads a file with 10,000 replicas, as every reload does.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString("services:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - id: s%d\n    nodes:\n      - id: n\n        mode: poll\n        tls: {sick_before: 14d}\n        replicas:\n", i)
		for j := range 100 {
			fmt.Fprintf(&text, "          - https://host-%d-%d.example.com/health\n", i, j)
		}
	}
	path := write(b, text.String())
	for b.Loop() {
		_, err := config.Load(path)
		require.NoError(b, err)
	}
}

// BenchmarkWithTargets merges 10,000 targets, as every refresh that changes one does.
func BenchmarkWithTargets(b *testing.B) {
	c := loadDiscovering(b)
	targets := make([]config.Target, 10_000)
	for i := range targets {
		targets[i] = target(fmt.Sprintf("https://host-%d.example.com/health", i), fmt.Sprintf("s%d", i%100), "n")
	}
	for b.Loop() {
		_, err := c.WithTargets(targets)
		require.NoError(b, err)
	}
}
