// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/webhook"
	"github.com/pharos-status/pharos/bridge/words"
)

func TestDefused(t *testing.T) {
	t.Parallel()
	notification := func(mark string) *webhook.Notification {
		foreign := template.KV{"a" + mark: "b" + mark, "_c": "_d"}
		return &webhook.Notification{GroupKey: "k*", Version: "4", Data: &template.Data{
			Receiver: "r" + mark, Status: "firing", ExternalURL: "https://am.example/#/alerts",
			GroupLabels: foreign, CommonLabels: foreign, RouteLabels: foreign,
			CommonAnnotations: template.KV{"runbook_url": "https://runbooks.example/dead?a=b_c", "dashboard_url": "javascript:" + mark},
			Alerts: template.Alerts{{
				Status: "firing", Labels: foreign, Fingerprint: "f",
				Annotations:  template.KV{"summary": "http://x.example/", "runbook_url": "https://x.example/" + mark},
				GeneratorURL: "x" + mark,
			}},
		}}
	}
	before, given := notification("*"), notification("*")
	got := defused(given, func(text string) string { return strings.ReplaceAll(text, "*", "-") }, words.IsPlainURL)
	want := notification("-")
	want.GroupKey = "k*"
	require.Empty(t, cmp.Diff(want, got, cmp.AllowUnexported(template.Data{})))
	require.Empty(t, cmp.Diff(before, given, cmp.AllowUnexported(template.Data{})), "what is given stays as it is")
}
