// SPDX-License-Identifier: Apache-2.0

package uptimekuma_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/uptimekuma"
	"github.com/pharos-status/pharos/internal/configdir"
	"github.com/pharos-status/pharos/internal/testkit"
)

func noEnvironment(string) (string, bool) { return "", false }

// accepted writes a result into a folder and has it read as Pharos does.
func accepted(t testing.TB, dir string, r convert.Result) {
	t.Helper()
	plan, err := convert.NewPlan(filepath.Join(dir, "out"), r)
	require.NoError(t, err)
	require.NoError(t, plan.Apply())
	require.NoError(t, configdir.Errors(configdir.All(plan.Dir)))
}

func told(notes []convert.Note) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "%d %s: %s → %s: %s\n", n.Source.Line, n.Source.Key, n.Fit, n.To, n.Text)
	}
	return b.String()
}

func full(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/full.json")
	require.NoError(t, err)
	return data
}

func TestEverySetting(t *testing.T) {
	t.Parallel()
	r, err := uptimekuma.Convert("full.json", full(t), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
	require.NoError(t, err)
	var open strings.Builder
	open.WriteString(told(r.Notes))
	for _, f := range r.Files {
		testkit.Golden(t, filepath.Join("full", f.Name), f.Data)
		if !f.Secret {
			open.Write(f.Data)
		}
	}
	testkit.Golden(t, filepath.Join("full", "notes.txt"), []byte(told(r.Notes)))
	require.NotContains(t, open.String(), "secret\"", "no secret is where everybody may read")
	require.NotRegexp(t, regexp.MustCompile(`\b[a-z]{2}secret\b`), open.String())
	again, err := uptimekuma.Convert("full.json", full(t), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
	require.NoError(t, err)
	require.Equal(t, r, again)

	dir := t.TempDir()
	r, err = uptimekuma.Convert("full.json", full(t), convert.Options{Dir: filepath.Join(dir, "out"), Lookup: noEnvironment})
	require.NoError(t, err)
	accepted(t, dir, r)
}

// TestWhatNobodySetIsNotTold has all keys of a monitor that has only a name and an
// address, among them those of other types.
func TestWhatNobodySetIsNotTold(t *testing.T) {
	t.Parallel()
	text := string(full(t))
	line := regexp.MustCompile(`(?m)^ *(\{"id": 16, "name": "OAuth".*\}),$`).FindStringSubmatch(text)[1]
	line = strings.NewReplacer(`"oauth2-cc"`, "null").Replace(line)
	r, err := uptimekuma.Convert("a.json", []byte(`{"monitorList": [`+line+`]}`), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
	require.NoError(t, err)
	require.Equal(t, "1 monitorList[0] \"OAuth\".name: exact → exporter.yml: label: \n1 monitorList[0] \"OAuth\".url: exact → exporter.yml: replicas: \n", told(r.Notes))
}

// TestWhoIsToldOfAGroup has those told of a monitor who are told of the groups that it
// is in.
func TestWhoIsToldOfAGroup(t *testing.T) {
	t.Parallel()
	r, err := uptimekuma.Convert("full.json", full(t), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
	require.NoError(t, err)
	for _, f := range r.Files {
		if f.Name == "alertmanager.yml" {
			require.Regexp(t, `node =~ [^ ]*\boven\b[^\n]*\n      receiver: ops-slack\n`, string(f.Data), "of the inner group")
			require.Regexp(t, `service = [^ ]*shop[^\n]*\n[^\n]*node != [^\n]*\n      receiver: mail\n`, string(f.Data), "of the outer group")
		}
	}
}

func TestBadBackups(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "a.json:1: the document is not complete; export it again",
		"{\n\"a\": 1,\n}":             "a.json:3: not JSON: ",
		"SQLite format 3\x00\x10\x00": "a.json: it is the database of Uptime Kuma, not a backup in JSON: ",
		"{}":                          "a.json: there is no monitorList in it",
		"{\"monitorList\": []}":       "a.json:1: monitorList: there are no monitors in it",
		"{\n\"a\": 1,\n\"a\": 2}":     "a.json:3: the key stands in this object already",
		"{} {}":                       "a.json:1: more stands behind the document",
		"{\"a\": \"\xff\"}":           "a.json:1: not valid UTF-8",
		strings.Repeat("[", 200_000):  "nested more than 100 levels deep",
		"{\n\"monitorList\": [\n{\"name\": \"a\", \"type\": \"port\", \"hostname\": \"a b\", \"port\": 1}]}":                                                         "a.json:3: monitorList[0] \"a\": its address: ",
		"{\"monitorList\": [\n{\"name\": \"a\", \"type\": \"http\", \"url\": \"http://a\",\n\"interval\": \"often\"}]}":                                              "a.json:3: monitorList[0] \"a\".interval: found a text, want a whole number",
		"{\"monitorList\": [\n{\"name\": [], \"type\": \"http\"}]}":                                                                                                  "a.json:2: monitorList[0].name: found a list, want a text",
		"{\"monitorList\": [\n{\"name\": \"a\", \"type\": \"http\", \"url\": \"http://a\",\n\"accepted_statuscodes\": [\"x\"]}]}":                                    "a.json:3: monitorList[0] \"a\".accepted_statuscodes: not statuses",
		"{\"notificationList\": [\n{\"id\": 1, \"name\": \"n\", \"config\": \"{\"}], \"monitorList\": [{\"name\": \"a\", \"type\": \"ping\", \"hostname\": \"a\"}]}": "a.json:2: notificationList[0] \"n\".config: no JSON object",
	} {
		r, err := uptimekuma.Convert("a.json", []byte(text), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
		require.ErrorContains(t, err, want)
		require.Empty(t, r)
	}
}

// TestWhateverIsConvertedIsAccepted puts hostile values everywhere.
func TestWhateverIsConvertedIsAccepted(t *testing.T) {
	t.Parallel()
	text := string(full(t))
	places := regexp.MustCompile(`: ("(?:[^"\\]|\\.)*"|[0-9]+|true|false)|(: )\\"(?:[^"\\])*\\"`).FindAllStringIndex(text, -1)
	values := []string{
		`"on"`, `"1e3"`, `null`, `"*lead"`, `"${X}"`, `"{{ . }}"`, `"🙂"`, `"\ud83d\ude42"`, `"` + strings.Repeat("ä", 300) + `"`, `""`, `" "`, `"a\nb"`, `"\u0000"`, `"%zz"`, `"http://"`,
		`"http://[::1"`, `"https://ü.example/?a#b"`, `"::1"`, `"a,b"`, `-1`, `0`, `1e9`, `true`, `[]`, `{}`, `["a"]`, `{"a": "b"}`, `"0-999"`, `"+41791234567"`, `"http://u:p@h/"`, `"99999"`,
	}
	runs := 12
	if n, err := strconv.Atoi(os.Getenv("HOSTILE_RUNS")); err == nil {
		runs = n
	}
	for seed := range runs {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		at, put := places[r.IntN(len(places))], values[r.IntN(len(values))]
		dir := t.TempDir()
		result, err := uptimekuma.Convert("a.json", []byte(text[:at[0]]+": "+put+text[at[1]:]), convert.Options{Dir: filepath.Join(dir, "out"), Lookup: noEnvironment})
		if err != nil {
			require.ErrorContains(t, err, "a.json:")
			continue
		}
		t.Run(text[at[0]:at[1]]+" → "+put, func(t *testing.T) {
			t.Parallel()
			accepted(t, dir, result)
		})
	}
}

// FuzzConvert has whatever is converted read as Pharos does.
func FuzzConvert(f *testing.F) {
	f.Add(full(f))
	for _, m := range []string{
		`"type":"http","url":"http://a"`, `"type":"port","hostname":"a","port":"1"`, `"type":"dns","hostname":"a"`, `"type":"ping","hostname":"::1"`,
		`"type":"push","pushToken":"t"`, `"type":"keyword","url":"http://a/?b","keyword":"("`, `"type":"json-query","url":"http://a","jsonPath":"a.b","expectedValue":"1"`,
	} {
		f.Add([]byte(`{"monitorList":[{"id":1,"name":"a",` + m + `}]}`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		r, err := uptimekuma.Convert("a.json", data, convert.Options{Dir: filepath.Join(dir, "out"), Lookup: noEnvironment})
		if err != nil {
			require.Empty(t, r.Files)
			return
		}
		accepted(t, dir, r)
	})
}

// BenchmarkConvert converts 10,000 replicas.
func BenchmarkConvert(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"monitorList": [{"id": 0, "name": "g", "type": "port", "hostname": "h", "port": 1}`)
	for i := range 9_999 {
		fmt.Fprintf(&text, `,{"id": %d, "name": "monitor %d", "type": "http", "url": "https://host-%d.example.com/", "interval": 30, "accepted_statuscodes": ["200-299"], "tags": [{"name": "t%d"}]}`, i+1, i, i, i%100)
	}
	text.WriteString("]}")
	for b.Loop() {
		_, err := uptimekuma.Convert("a.json", []byte(text.String()), convert.Options{Dir: "/etc/pharos", Lookup: noEnvironment})
		require.NoError(b, err)
	}
}
