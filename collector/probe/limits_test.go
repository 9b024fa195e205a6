// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/probe"
	"github.com/pharos-status/pharos/internal/status"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	limits := probe.Limits{SickAfter: time.Second, Timeout: 5 * time.Second}
	sick := &probe.Failure{Status: status.Sick, Reason: status.Exit, Err: errors.New("exit status 1")}
	tests := map[string]struct {
		result probe.Result
		status status.Status
		reason status.Reason
	}{
		"in time":         {probe.Result{Took: time.Second}, status.Healthy, status.None},
		"slow":            {probe.Result{Took: time.Second + 1}, status.Sick, status.Slow},
		"too slow":        {probe.Result{Took: 5 * time.Second}, status.Dead, status.Timeout},
		"failure":         {probe.Result{Err: fmt.Errorf("script: %w", sick)}, status.Sick, status.Exit},
		"deadline":        {probe.Result{Err: context.DeadlineExceeded}, status.Dead, status.Timeout},
		"socket deadline": {probe.Result{Err: os.ErrDeadlineExceeded}, status.Dead, status.Timeout},
		"anything else":   {probe.Result{Err: errors.New("broken")}, status.Dead, status.Connect},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := limits.Judge(test.result)
			require.Equal(t, test.status, v.Status)
			require.Equal(t, test.reason, v.Reason)
			require.Equal(t, test.status == status.Healthy, v.Detail == "")
		})
	}
	require.Equal(t, status.Healthy, probe.Limits{}.Judge(probe.Result{Took: time.Hour}).Status, "no limits")
}
