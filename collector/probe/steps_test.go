// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	var trace probe.Trace
	probe.ReadSteps(&trace, strings.Join([]string{
		"pharos: step=login seconds=1.25",
		"  pharos:seconds=0,5 step=check-out\r",
		"something else, pharos: step=no seconds=1",
		"pharos: step=nothing seconds=0",
		"pharos: step=tiny seconds=1e-3",
	}, "\n"))
	require.Equal(t, []probe.Step{
		{"login", 1250 * time.Millisecond}, {"check-out", 500 * time.Millisecond}, {"nothing", 0}, {"tiny", time.Millisecond},
	}, trace.Steps)
	require.Empty(t, trace.Events)
}

func TestStepsThatAreLeftOut(t *testing.T) {
	t.Parallel()
	const noTime = "the step has no time of 0 seconds or more, such as seconds=1.25"
	tests := map[string]string{
		"pharos:":                              "the step has no name",
		"pharos: seconds=1":                    "the step has no name",
		"pharos: step= seconds=1":              "the step has no name",
		"pharos: step=a":                       noTime,
		"pharos: step=a seconds=":              noTime,
		"pharos: step=a seconds=-1":            noTime,
		"pharos: step=a seconds=NaN":           noTime,
		"pharos: step=a seconds=inf":           noTime,
		"pharos: step=a seconds=1e300":         noTime,
		"pharos: step=a seconds=5ms":           noTime,
		"pharos: step=log in seconds=1":        "want step=NAME seconds=NUMBER",
		"pharos: step=a seconds=1 more=2":      "want step=NAME seconds=NUMBER",
		"pharos: step=again seconds=1\x1b[31m": noTime,
		"pharos: step=again seconds=7":         "there was a step of this name before",
	}
	for line, want := range tests {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			var trace probe.Trace
			probe.ReadSteps(&trace, "pharos: step=again seconds=1\n"+line)
			require.Equal(t, []probe.Step{{"again", time.Second}}, trace.Steps)
			require.Len(t, trace.Events, 1)
			require.Equal(t, "step left out", trace.Events[0].What)
			require.Contains(t, trace.Events[0].Detail, want)
			requireClean(t, trace.Events[0].Detail, status.MaxIDLength)
		})
	}
}

func TestStepsBounds(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 3 * probe.MaxSteps {
		fmt.Fprintf(&text, "pharos: step=%d seconds=1\n", i)
	}
	var trace probe.Trace
	probe.ReadSteps(&trace, text.String())
	require.Len(t, trace.Steps, probe.MaxSteps)
	require.Len(t, trace.Events, 3)
	requireSteps(t, trace)
}

// requireSteps checks what holds for steps whatever a script prints.
func requireSteps(t *testing.T, trace probe.Trace) {
	t.Helper()
	require.LessOrEqual(t, len(trace.Steps), probe.MaxSteps)
	seen := map[string]bool{}
	for _, s := range trace.Steps {
		requireClean(t, s.Name, status.MaxIDLength)
		require.NotEmpty(t, s.Name)
		require.False(t, seen[s.Name], s.Name)
		seen[s.Name] = true
		require.GreaterOrEqual(t, s.Took, time.Duration(0))
	}
}
