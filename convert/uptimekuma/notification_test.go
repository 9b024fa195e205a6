// SPDX-License-Identifier: Apache-2.0

package uptimekuma_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/uptimekuma"
)

// notified converts a backup with one notification and one monitor, and returns
// alertmanager.yml and the notes.
func notified(t *testing.T, config map[string]any) (routing string, notes []convert.Note) {
	t.Helper()
	inner, err := json.Marshal(config)
	require.NoError(t, err)
	text := fmt.Sprintf(`{"notificationList": [{"id": 1, "name": "n", "config": %q}], "monitorList": [{"id": 1, "name": "a", "type": "ping", "hostname": "h", "notificationIDList": {"1": true}}]}`, inner)
	r, err := uptimekuma.Convert("a.json", []byte(text), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
	require.NoError(t, err)
	for _, f := range r.Files {
		if f.Name == "alertmanager.yml" {
			routing = string(f.Data)
		}
	}
	return routing, r.Notes
}

// TestMailWithoutTLS has relays that know no STARTTLS reached, and no password sent in
// the clear to another machine.
func TestMailWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		host, user   string
		secure, want bool // want it to do without TLS
	}{
		{"mail.example.com", "", false, true},
		{"127.0.0.1", "u", false, true},
		{"localhost", "u", false, true},
		{"mail.example.com", "u", false, false},
		{"mail.example.com", "", true, false},
	} {
		config := map[string]any{"type": "smtp", "smtpHost": tc.host, "smtpPort": 587, "smtpSecure": tc.secure, "smtpFrom": "k@example.com", "smtpTo": "o@example.com"}
		if tc.user != "" {
			config["smtpUsername"], config["smtpPassword"] = tc.user, "hunter2"
		}
		routing, notes := notified(t, config)
		if tc.want {
			require.Contains(t, routing, "require_tls: false", "%+v", tc)
		} else {
			require.NotContains(t, routing, "require_tls", "%+v", tc)
		}
		if !tc.secure {
			require.Contains(t, told(notes), "TLS", "%+v", tc)
		}
	}
}
