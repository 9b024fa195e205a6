// SPDX-License-Identifier: Apache-2.0

package push

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/state"
	"github.com/pharos-status/pharos/internal/status"
)

func FuzzParseReport(f *testing.F) {
	for _, seed := range []string{
		`{"replica":"r","interval":30,"load":{"cpu":0.3,"ram":0.8}}`,
		`{"replica":"tcp://10.0.0.1:80","interval":5.0,"health":"healthy"}`,
		`{"replica":"r","interval":1e18,"load":{"cpu":-1,"ram":null},"x":[{}]}`,
		`{"replica":"\ud800","interval":-0,"health":"unknown"}`,
		`{"replica":"r","interval":30,"load":{"cpu":0,"ram":0},"health":"sick","reason":" disk\n is \u0000 full "}`,
		`{"replica":"r","interval":30,"health":"sick","reason":["disk",{"is":5}]}`,
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
		requireSound(t, report)
	})
}

// requireSound requires of a report what holds of each that was read.
func requireSound(t *testing.T, r state.Report) {
	t.Helper()
	require.False(t, r.Unknown && r.Health != status.Unknown, "a health that is told is known")
	require.True(t, r.Load != nil || r.Unknown || r.Health != status.Unknown, "something is told")
	require.LessOrEqual(t, len(r.Detail), status.MaxIDLength)
	require.True(t, utf8.ValidString(r.Detail))
	require.False(t, strings.ContainsFunc(r.Detail, unicode.IsControl), "%q", r.Detail)
}

// Whatever stands as the reason, the rest of the report is read as it is without one;
// alone and in a batch.
func FuzzReason(f *testing.F) {
	for _, seed := range []string{`"disk is full"`, `"\u0064\n\ud800"`, `5`, `-1e999`, `null`, `true`, `{"a":["b"]}`, `[[]]`, `""`, `{`, `"a`, `1,"interval":2`} {
		f.Add([]byte(seed))
	}
	const rest = `"service":"lan","node":"gateway","replica":"r","interval":30,"health":"sick"}`
	_, without, err := parseReport([]byte("{" + rest))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, value []byte) {
		if !utf8.Valid(value) || !json.Valid(value) {
			return
		}
		one := append(append([]byte(`{"reason":`), value...), ","+rest...)
		want := without
		var text string
		if json.Unmarshal(value, &text) == nil {
			want.Detail = oneLine(text)
		}
		_, got, err := parseReport(one)
		require.NoError(t, err)
		require.Equal(t, want, got)
		var batch Batch
		require.NoError(t, decodeJSON(append(append([]byte(`{"reports":[`), one...), "]}"...), &batch))
		m, err := batch.Reports[0].message()
		require.NoError(t, err)
		require.Equal(t, want, m.Report)
	})
}

// What items counts is what encoding/json reads.
func FuzzItems(f *testing.F) {
	for _, seed := range []string{`[]`, `[{}]`, `[{},{"a":[1,2],"b":{"c":1}}]`, `["a,\"]\\",",",[,]]`, `[1 , [2,3] ,"\\",4]`, `null`, `{"a":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []json.RawMessage
		if json.Unmarshal(data, &all) != nil || all == nil {
			return
		}
		require.Equal(t, max(len(all), 1), items(data, len(data)))
		require.Equal(t, min(max(len(all), 1), 3), items(data, 2))
	})
}

// What scan reads is what encoding/json reads.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{"replica":"r","interval":30,"load":{"cpu":0.3,"ram":0.8}}`,
		` { "health" : "dead" , "interval" : -1.5e+3 , "replica" : "tcp://[::1]:80/ä" } `,
		`{"load":{},"interval":01}`, `{"load":{"cpu":1,"cpu":2}}`, `{"replica":"\u0041"}`, `{"Replica":"r"}`, `{"interval":null}`,
		`{"interval":1.}`, `{"interval":-}`, `{"interval":1e}`, `{"interval":1e999}`, `{}`, `{"replica":"a"}x`, `{"replica":"a",}`, "{\"replica\":\"\x00\"}",
		`{"health":"sick","reason":"disk is full"}`, `{"reason":"a","reason":"b"}`, `{"reason":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := scan(data)
		if !ok || !utf8.Valid(data) {
			return
		}
		var b body
		require.NoError(t, json.Unmarshal(data, &b))
		require.Equal(t, b.fields(), got)
	})
}

// What clients send is read the short way.
func TestScanKnowsWhatClientsSend(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"replica":"192.168.1.10","interval":30,"load":{"cpu":0.305,"ram":0.002}}`,
		`{"replica": "host-a", "interval": 5.0, "load": {"cpu": 1.25, "ram": 0.8012345678}}`,
		`{"replica":"tcp://10.0.0.1:80","interval":120,"health":"healthy"}`,
		`{"replica":"job","interval":90000,"health":"dead","reason":"exit status 2: no such host: für immer"}`,
	} {
		_, ok := scan([]byte(body))
		require.True(t, ok, body)
	}
}

func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		`{"reports":[{"service":"web","node":"sockets","replica":"a","interval":30,"load":{"cpu":0.5,"ram":0.25}}]}`,
		`{"reports":[{"service":"lan","node":"gateway","replica":"b","interval":1e9,"health":"unknown"},{"flush":true}]}`,
		`{"reports":[null,{"interval":-1,"health":"","load":{}}]}`,
		`{"reports":[{"service":"web","node":"sockets","replica":"a","interval":30,"health":"dead","load":{"cpu":0.5,"ram":0.25},"reason":"x\ny"}]}`,
		`{"reports":[{"service":"lan","node":"gateway","replica":"b","interval":1,"health":"sick","reason":5},{"reason":null},{"reason":{}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var batch Batch
		if err := decodeJSON(data, &batch); err != nil {
			require.ErrorAs(t, err, new(refusal))
			return
		}
		for _, r := range batch.Reports {
			m, err := r.message()
			if err != nil {
				require.ErrorAs(t, err, new(refusal))
				continue
			}
			require.NotEmpty(t, m.ID.Replica)
			if m.Flush {
				require.Zero(t, m.Report)
				continue
			}
			requireSound(t, m.Report)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		"/reporter/web/api", "/reporter/web/api/", "/reporter/a+b/c%20d/e%2Ff/", "/reporter//", "/reporter/%/%zz", "/reporter/%ff/x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		id, second, err := parsePath(escaped)
		if err != nil {
			require.ErrorAs(t, err, new(refusal))
			return
		}
		for _, id := range []*status.ID{&id, cmp.Or(second, &id)} {
			require.NotEmpty(t, id.Service)
			require.NotEmpty(t, id.Node)
			require.LessOrEqual(t, len(id.Service)+len(id.Node), 2*status.MaxIDLength)
		}
		path := prefix + url.PathEscape(id.Service) + "/" + url.PathEscape(id.Node) + "/"
		if id.Replica != "" {
			path += url.PathEscape(id.Replica)
		}
		again, _, err := parsePath(path)
		require.NoError(t, err)
		require.Equal(t, id, again)
	})
}
