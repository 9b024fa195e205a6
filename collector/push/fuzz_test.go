// SPDX-License-Identifier: Apache-2.0

package push

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/status"
)

func FuzzParseReport(f *testing.F) {
	for _, seed := range []string{
		`{"replica":"r","interval":30,"load":{"cpu":0.3,"ram":0.8}}`,
		`{"replica":"tcp://10.0.0.1:80","interval":5.0,"health":"healthy"}`,
		`{"replica":"r","interval":1e18,"load":{"cpu":-1,"ram":null},"x":[{}]}`,
		`{"replica":"\ud800","interval":-0,"health":"unknown"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		replica, report, err := parseReport(data)
		if err != nil {
			require.ErrorAs(t, err, new(refusal))
			return
		}
		require.NotEmpty(t, replica)
		require.GreaterOrEqual(t, report.Interval, time.Duration(0))
		require.NotEqual(t, report.Load == nil, report.Health == status.Unknown)
	})
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		"/reporter/web/api", "/reporter/web/api/", "/reporter/a+b/c%20d/e%2Ff/", "/reporter//", "/reporter/%/%zz", "/reporter/%ff/x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		ids, err := parsePath(escaped)
		if err != nil {
			require.ErrorAs(t, err, new(refusal))
			return
		}
		require.NotEmpty(t, ids)
		for _, id := range ids {
			require.NotEmpty(t, id.Service)
			require.NotEmpty(t, id.Node)
		}
		path := prefix + url.PathEscape(ids[0].Service) + "/" + url.PathEscape(ids[0].Node) + "/"
		if ids[0].Replica != "" {
			path += url.PathEscape(ids[0].Replica)
		}
		again, err := parsePath(path)
		require.NoError(t, err)
		require.Equal(t, ids[0], again[0])
	})
}
