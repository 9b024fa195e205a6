// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/store"
)

func TestSubscribers(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	require.Equal(t, "There are no subscribers.\n", p.run(0, "subscribers"))
	at := time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC)
	for _, s := range []store.Subscriber{
		{ID: "s1", Kind: store.ByEmail, Address: "a@example.org", Language: "en", Confirmed: at, Created: at},
		{ID: "s2", Page: "eu", Kind: store.ByEmail, Address: "a@example.org", Language: "de", MajorOnly: true, Created: at},
		{ID: "s3", Kind: store.ByWebhook, Address: "https://example.org/hook", Secret: "hunter4", Confirmed: at, Created: at, Components: []statuspage.Ref{{Service: "db"}, {Service: "web", Node: "api"}}},
	} {
		require.NoError(t, p.store.PutSubscriber(t.Context(), "", s))
	}
	require.Regexp(t, `^ID +KIND +ADDRESS +PAGE +CONFIRMED \(UTC\) +WANTS\n`+
		`s1 +email +a@example.org +- +2026-11-30 22:00 +all\n`+
		`s2 +email +a@example.org +eu +- +all, major only\n`+
		`s3 +webhook +https://example.org/hook +- +2026-11-30 22:00 +db, web/api\n$`, p.run(0, "subscribers", "list"))

	var list struct{ Subscribers []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(p.run(0, "subscribers", "export")), &list))
	require.Len(t, list.Subscribers, 3)
	require.NoError(t, json.Unmarshal([]byte(p.run(0, "subscribers", "export", "a@example.org")), &list))
	require.Len(t, list.Subscribers, 2)
	require.Equal(t, "de", list.Subscribers[1]["language"], "all that is kept")

	require.Equal(t, "s1 is erased\ns2 is erased\n", p.run(0, "subscribers", "erase", "a@example.org"))
	require.Equal(t, `pharosctl: there is no subscriber "a@example.org"; see pharosctl subscribers list`+"\n", p.run(1, "subscribers", "erase", "a@example.org"))
	require.Equal(t, "s3 is erased\n", p.run(0, "subscribers", "erase", "s3"))
	require.Equal(t, `pharosctl: there is no subscriber "s3"; see pharosctl subscribers list`+"\n", p.run(1, "subscribers", "erase", "s3"))
	require.JSONEq(t, `{"subscribers": []}`, p.run(0, "subscribers", "export"))
}
