// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
)

type sample struct {
	Interval model.Duration `yaml:"interval"`
	Port     int            `yaml:"port"`
	Name     string         `yaml:"name"`
	Items    []struct {
		ID      string   `yaml:"id"`
		Scripts []string `yaml:"scripts"`
	} `yaml:"items"`
}

func decode(t *testing.T, text string, env map[string]string) (sample, error) {
	t.Helper()
	v := sample{Interval: model.Duration(time.Minute)}
	f, err := configfile.Parse("a.yml", []byte(text))
	if err != nil {
		return v, err
	}
	lookup := func(name string) (string, bool) { s, ok := env[name]; return s, ok }
	if err := f.ExpandEnv(lookup, "scripts"); err != nil {
		return v, err
	}
	return v, f.Decode(&v)
}

func TestDecodeKeepsDefaultsAndExpandsVariables(t *testing.T) {
	t.Parallel()
	v, err := decode(t, "port: ${PORT}\nname: \"${PORT}: $$x $y\"\nitems: [{id: a, scripts: ['echo ${HOME}']}]\n",
		map[string]string{"PORT": "8080"})
	require.NoError(t, err)
	require.Equal(t, model.Duration(time.Minute), v.Interval)
	require.Equal(t, 8080, v.Port)
	require.Equal(t, "8080: $x $y", v.Name)
	require.Equal(t, "echo ${HOME}", v.Items[0].Scripts[0])
}

func TestDecodeEmptyFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "---\n", "null\n"} {
		v, err := decode(t, text, nil)
		require.NoError(t, err, "%q", text)
		require.Equal(t, model.Duration(time.Minute), v.Interval)
	}
}

func TestErrorsNameFileAndLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"unknown keys":       {"intervall: 1m\nitems:\n- idd: x\nwhatever: 1\n", "a.yml:1: unknown key \"intervall\"; did you mean \"interval\"?\na.yml:3: unknown key \"idd\"; did you mean \"id\"?\na.yml:4: unknown key \"whatever\""},
		"two documents":      {"port: 1\n---\nport: 2\n", "a.yml:2: a second YAML document begins here; one file holds one, so remove the line ---"},
		"invalid UTF-8":      {"port: 1\nname: \xff\n", "a.yml:2: not valid UTF-8; save the file as UTF-8"},
		"undefined variable": {"port: 1\nname: ${NOPE}\n", "a.yml:2: name: environment variable NOPE is not set; set it, or write $$ for a dollar"},
		"open variable":      {"name: ${NOPE\n", "a.yml:1: name: ${ without }; write $$ for a dollar"},
		"bad duration":       {"interval: 5 minutes\n", `a.yml:1: unknown unit " minutes" in duration "5 minutes"`},
		"wrong types":        {"port: [1]\nname: {a: 1}\nitems: many\n", "a.yml:1: found a list, want a whole number\na.yml:2: found a mapping, want a text\na.yml:3: found \"many\", want a list"},
		"duplicate key":      {"port: 1\nport: 2\n", `a.yml:2: mapping key "port" already defined at line 1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode(t, tc.text, nil)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestErrorfFindsTheNearestLine(t *testing.T) {
	t.Parallel()
	f, err := configfile.Parse("a.yml", []byte("port: 1\nitems:\n  - id: a\n  - id: b\n    scripts: []\n"))
	require.NoError(t, err)
	at := configfile.Path{"items", 1}
	require.EqualError(t, f.Errorf(at.At("id"), "twice"), "a.yml:4: items[1].id: twice")
	require.EqualError(t, f.Errorf(at.At("missing"), "no"), "a.yml:4: items[1].missing: no")
}

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	s := configfile.Secret("hunter2")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "in", struct{ S configfile.Secret }{s})
	out, err := configfile.Marshal(map[string]configfile.Secret{"token": s})
	require.NoError(t, err)
	for _, shown := range []string{fmt.Sprintf("%v %s %q %x %+v", s, s, s, s, struct{ S configfile.Secret }{s}), log.String(), string(out)} {
		require.NotContains(t, shown, "hunter2")
		require.NotContains(t, shown, "68756e74657232")
	}
	require.True(t, s.Equal("hunter2"))
	require.False(t, s.Equal("hunter3"))
	require.False(t, configfile.Secret("").Equal(""))
}

func TestSecretFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "a.yml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte(" s3cret\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600))
	f, err := configfile.Parse(name, []byte("manager:\n  token_file: token\n"))
	require.NoError(t, err)
	p := configfile.Path{"manager"}

	got, problem := f.Secret(p, "token", "", "token")
	require.Nil(t, problem)
	require.True(t, got.Equal("s3cret"))

	_, problem = f.Secret(p, "token", "x", "token")
	require.EqualError(t, problem, name+":2: manager.token_file: both token and token_file are set; keep one")
	_, problem = f.Secret(p, "token", "", "none")
	require.EqualError(t, problem, name+":2: manager.token_file: open "+dir+"/none: no such file or directory; write the secret into it")
	_, problem = f.Secret(p, "token", "", "token/x")
	require.EqualError(t, problem, name+":2: manager.token_file: open "+dir+"/token/x: not a directory; make the file readable to this program")
	_, problem = f.Secret(p, "token", "", "empty")
	require.EqualError(t, problem, name+":2: manager.token_file: "+dir+"/empty is empty; write the secret into it")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: [1, {b: *x}]\n"))
	f.Add([]byte("x: &x {y: ${Z}}\n<<: *x\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		file, err := configfile.Parse("f.yml", data)
		if err != nil {
			return
		}
		_ = file.ExpandEnv(func(string) (string, bool) { return "v", true })
		var v sample
		_ = file.Decode(&v)
	})
}
