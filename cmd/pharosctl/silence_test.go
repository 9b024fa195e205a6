// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

func TestSilencesOfARealAlertmanager(t *testing.T) {
	t.Parallel()
	address := "--url=" + testkit.Alertmanager(t)
	silenced := func(code int, args ...string) string {
		got, stdout, stderr := ctl(t, append([]string{"silence"}, append(args, address)...)...)
		require.Equal(t, code, got, "%s%s", stdout, stderr)
		return stdout + stderr
	}
	require.Equal(t, "There are no silences.\n", silenced(0))
	said := silenced(0, "add", "-c", "web/api", "-c", "db", "--matcher=alertname!~Ph.*|x", "--for=2h", "--comment=New\tdisks", "--author=anna")
	ids := regexp.MustCompile(`(?m)^(\S+) silences`).FindAllStringSubmatch(said, -1)
	require.Len(t, ids, 2)
	require.Regexp(t, `^\S+ silences service="web", node="api", alertname!~"Ph\.\*\|x" until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\n\S+ silences service="db", alertname!~"Ph`, said)

	table := silenced(0, "list")
	require.Regexp(t, `^ID +STATE +ENDS \(UTC\) +AUTHOR +MATCHERS +COMMENT\n`, table)
	require.Regexp(t, ids[0][1]+` +active +20\d\d-\d\d-\d\d \d\d:\d\d +anna +.*service="web".* +New disks\n`, table)
	require.Equal(t, 2, strings.Count(silenced(0, "list", "-c", "web"), "\n"))
	require.Equal(t, "There are no silences.\n", silenced(0, "list", "-c", "web/other"))
	var all []silence
	require.NoError(t, json.Unmarshal([]byte(silenced(0, "-o", "json")), &all))
	require.Len(t, all, 2)

	require.Equal(t, ids[0][1]+" is over\n", silenced(0, "expire", ids[0][1]))
	require.NotContains(t, silenced(0), ids[0][1])
	require.Regexp(t, ids[0][1]+" +expired", silenced(0, "list", "--expired"))
	require.Equal(t, "pharosctl: 00000000-0000-4000-8000-000000000000: there is no such silence; see pharosctl silence list\n", silenced(1, "expire", "00000000-0000-4000-8000-000000000000"))
	require.Contains(t, silenced(1, "expire", "me"), "pharosctl: me: ")
	require.Contains(t, silenced(1, "add", "--matcher=a=~.*", "--for=1h", "--comment=x"), `pharosctl: silence a=~".*": `)
}

func TestSilencesMisused(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"say what to silence, by --component or by --matcher":                 {"--for=1h"},
		"--for is not more than 0s":                                           {"--for=0s", "-c", "web"},
		`--component: "web/" is no component; write service, or service/node`: {"--for=1h", "-c", "web/"},
		`--component: "a/b/c" is no component`:                                {"--for=1h", "-c", "a/b/c"},
		`--matcher: "web" is no matcher; write name=value`:                    {"--for=1h", "--matcher=web"},
		`has quotation marks that don't end`:                                  {"--for=1h", `--matcher=a="b`},
		"missing closing )":                                                   {"--for=1h", "--matcher=a=~("},
		"required flag(s) '--for' not provided":                               {"-c", "web"},
	} {
		code, stdout, stderr := ctl(t, append([]string{"silence", "add", "--comment=x", "--url=http://127.0.0.1:1"}, args...)...)
		require.Equal(t, 2, code, want)
		require.Empty(t, stdout)
		require.Contains(t, strings.ReplaceAll(stderr, "flag --", "flag(s) '--"), want)
	}
	code, _, stderr := ctl(t, "silence", "add", "-c", "web", "--for=1h", "--comment= ", "--url=http://127.0.0.1:1")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--comment is empty; say why")
	code, _, stderr = ctl(t, "silence", "list", "--url=http://127.0.0.1:1")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no Alertmanager answers at http://127.0.0.1:1: ")
}

func TestMatchers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a=b": `a="b"`, `a =~ "b c"`: `a=~"b c"`, "a!=": `a!=""`, `a!~"\"x\\."`: `a!~"\"x\\."`, "a=b=c": `a="b=c"`, "a==b": `a="=b"`,
	} {
		m, err := parseMatcher(text)
		require.NoError(t, err, text)
		require.Equal(t, want, m.String())
		again, err := parseMatcher(m.String())
		require.NoError(t, err)
		require.True(t, m.same(again))
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add(`service=~"a|b"`)
	f.Add(" a != b\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMatcher(text)
		if err != nil {
			return
		}
		again, err := parseMatcher(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

func TestSilencesOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<html>":           "answers otherwise than Alertmanager",
		`[{"id": 1}]`:      "answers otherwise than Alertmanager",
		`{"silences": []}`: "answers otherwise than Alertmanager",
		`[{"id": "a", "createdBy": "\u001b[31mx", "comment": "\u202e", "matchers": [{"name": "a\n", "value": "\u001b"}]}]`: "",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		t.Cleanup(server.Close)
		code, stdout, stderr := ctl(t, "silence", "--url="+server.URL)
		if want == "" {
			require.Zero(t, code, stderr)
			require.NotContains(t, stdout, "\x1b")
			require.Equal(t, 2, strings.Count(stdout, "\n"))
			continue
		}
		require.Equal(t, 1, code)
		require.Contains(t, stderr, want)
	}
	denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }))
	t.Cleanup(denied.Close)
	_, _, stderr := ctl(t, "silence", "--url="+denied.URL)
	require.Equal(t, "pharosctl: list silences: the Alertmanager refuses: 403 Forbidden; say who you are in the file of --http.config.file\n", stderr)
}
