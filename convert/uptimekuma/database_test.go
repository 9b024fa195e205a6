// SPDX-License-Identifier: Apache-2.0

package uptimekuma_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/uptimekuma"
	"github.com/pharos-status/pharos/internal/testkit"
)

// TestBackupOfADatabase has the statement of the guide make a backup of a database with
// the tables of Uptime Kuma 2, as far as they are asked.
func TestBackupOfADatabase(t *testing.T) {
	t.Parallel()
	sqlite := testkit.Program(t, "sqlite3")
	guide, err := os.ReadFile("../../docs/migrate-from-vigil.md")
	require.NoError(t, err)
	statement := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(guide)
	require.NotNil(t, statement)
	text := []string{
		"name", "type", "description", "url", "method", "headers", "body", "http_body_encoding", "accepted_statuscodes_json", "auth_method", "basic_auth_user",
		"basic_auth_pass", "oauth_client_id", "oauth_client_secret", "oauth_token_url", "oauth_scopes", "tls_ca", "tls_cert", "tls_key", "hostname",
		"dns_resolve_type", "dns_resolve_server", "keyword", "json_path", "json_path_operator", "expected_value", "grpc_url", "grpc_method", "push_token",
	}
	numbers := []string{
		"active", "parent", "interval", "retry_interval", "maxretries", "resend_interval", "timeout", "upside_down", "maxredirects", "ignore_tls",
		"expiry_notification", "proxy_id", "port", "packet_size", "invert_keyword", "grpc_enable_tls",
	}
	tables := "CREATE TABLE monitor (id INTEGER PRIMARY KEY, " + strings.Join(text, " TEXT, ") + " TEXT, " + strings.Join(numbers, " INTEGER, ") + ` INTEGER);
		CREATE TABLE notification (id INTEGER, name TEXT, config TEXT);
		CREATE TABLE proxy (id INTEGER, protocol TEXT, host TEXT, port INTEGER, auth INTEGER, username TEXT, password TEXT);
		CREATE TABLE monitor_notification (monitor_id INTEGER, notification_id INTEGER);
		CREATE TABLE tag (id INTEGER, name TEXT);
		CREATE TABLE monitor_tag (monitor_id INTEGER, tag_id INTEGER);
		INSERT INTO monitor (id, name, type, url, active, interval, accepted_statuscodes_json, maxredirects) VALUES (1, 'Shop', 'http', 'https://a.example.com/', 1, 20, '["200-299"]', 10);
		INSERT INTO tag VALUES (1, 'prod');
		INSERT INTO monitor_tag VALUES (1, 1);
		INSERT INTO notification VALUES (1, 'Ops', '{"type":"slack","slackwebhookURL":"https://hooks.example.com/x"}');
		INSERT INTO monitor_notification VALUES (1, 1);`
	cmd := exec.CommandContext(t.Context(), sqlite, filepath.Join(t.TempDir(), "kuma.db")) //nolint:gosec // the program of the test
	cmd.Stdin = strings.NewReader(tables + string(statement[1]))
	backup, err := cmd.CombinedOutput()
	require.NoError(t, err, string(backup))
	r, err := uptimekuma.Convert("backup.json", backup, convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
	require.NoError(t, err, string(backup))
	require.Contains(t, string(r.Files[0].Data), "https://a.example.com/")
	require.Contains(t, string(r.Files[0].Data), "interval: 20s")
	require.Contains(t, string(r.Files[0].Data), "label: prod")
	require.Contains(t, told(r.Notes), "notificationIDList.1: exact")
	require.NotContains(t, told(r.Notes), "missing")
}
