// SPDX-License-Identifier: Apache-2.0

package configfile_test

import (
	"fmt"
	"log/slog"
	"net/url"
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
	Mode    mode           `yaml:"mode"`
	Weights map[string]int `yaml:"weights"`
	Proxy   address        `yaml:"proxy"`
	Access  struct {
		Keys []struct {
			Key   configfile.Secret `yaml:"key"`
			Owner string            `yaml:"owner"`
		} `yaml:"keys"`
	} `yaml:"access"`
}

type mode string

// An address is read as libraries read theirs.
type address struct{ *url.URL }

func (a *address) UnmarshalYAML(unmarshal func(any) error) error {
	var text string
	err := unmarshal(&text)
	if err == nil {
		a.URL, err = url.Parse(text)
	}
	return err
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

func TestVariablesInQuotationMarks(t *testing.T) {
	t.Parallel()
	env := map[string]string{"ONE": "1", "TEXT": "x", "HALF": "0.5"}
	v, err := decode(t, `{port: "${ONE}${ONE}", name: "${ONE}", weights: {a: '${ONE}'}, mode: "${ONE}"}`, env)
	require.NoError(t, err)
	require.Equal(t, 11, v.Port)
	require.Equal(t, "1", v.Name)
	require.Equal(t, mode("1"), v.Mode)
	require.Equal(t, map[string]int{"a": 1}, v.Weights)

	for text, want := range map[string]string{
		`port: "${TEXT}"`:     `a.yml:1: port: found "x", want a whole number`,
		`port: "${HALF}"`:     `a.yml:1: port: found "0.5", want a whole number`,
		`port: "1"`:           `a.yml:1: port: found "1", want a whole number`,
		`interval: "${ONE}"`:  `a.yml:1: interval: found "1", want a duration such as 5s or 2m`,
		`items: ["${ONE}"]`:   `a.yml:1: items[0]: found a text, want a mapping`,
		`access: "${ONE}"`:    `a.yml:1: access: found a text, want a mapping`,
		`weights: ["${ONE}"]`: `a.yml:1: weights: found a list, want a mapping`,
	} {
		_, err := decode(t, text, env)
		require.EqualError(t, err, want, text)
	}
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
	const tag = "a tag stands here, which is not known; put the text that begins with ! between quotation marks, or remove the tag"
	for name, tc := range map[string]struct{ text, want string }{
		"unknown keys":       {"intervall: 1m\nitems:\n- idd: x\nwhatever: 1\n", "a.yml:1: unknown key \"intervall\"; did you mean \"interval\"?\na.yml:3: unknown key \"idd\"; did you mean \"id\"?\na.yml:4: unknown key \"whatever\""},
		"two documents":      {"port: 1\n---\nport: 2\n", "a.yml:2: a second YAML document begins here; one file holds one, so remove the line ---"},
		"invalid UTF-8":      {"port: 1\nname: \xff\n", "a.yml:2: not valid UTF-8; save the file as UTF-8"},
		"undefined variable": {"port: 1\nname: ${NOPE}\n", "a.yml:2: name: environment variable NOPE is not set; set it, or write $$ for a dollar"},
		"open variable":      {"name: ${NOPE\n", "a.yml:1: name: ${ without }; write $$ for a dollar"},
		"bad duration":       {"interval: 5 minutes\n", `a.yml:1: interval: found "5 minutes", want a duration such as 5s or 2m`},
		"wrong types":        {"port: [1]\nname: {a: 1}\nitems: many\n", "a.yml:1: port: found a list, want a whole number\na.yml:2: name: found a mapping, want a text\na.yml:3: items: found a text, want a list"},
		"a number of words":  {"port: a very long text that is no number of a port at all\nname: x\n", "a.yml:1: port: found a text, want a whole number"},
		"named types":        {"mode: {a: 1}\nweights: [1]\n", "a.yml:1: mode: found a mapping, want a text\na.yml:2: weights: found a list, want a mapping"},
		"key of elsewhere":   {"scripts: [a]\nitems: [{port: 1}]\n", "a.yml:1: unknown key \"scripts\" here; it belongs in items\na.yml:2: unknown key \"port\" here; it belongs at the top of the file"},
		"not near enough":    {"prt: 1\nma: x\nmodus: x\nx: 1\nnamesake: x\n", "a.yml:1: unknown key \"prt\"; did you mean \"port\"?\na.yml:2: unknown key \"ma\"\na.yml:3: unknown key \"modus\"; did you mean \"mode\"?\na.yml:4: unknown key \"x\"\na.yml:5: unknown key \"namesake\""},
		"the key of here":    {"items: [&x {id: a}]\naccess: *x\n", "a.yml:1: unknown key \"id\" here; it belongs in items"},
		"nearly elsewhere":   {"items: [{intervall: 1m}]\n", "a.yml:1: unknown key \"intervall\"; did you mean \"interval\", which belongs at the top of the file?"},
		"secret for a key":   {"access: {keys: [{hunter2: [a]}], hunter3: b}\n", "a.yml:1: unknown key, not shown as it may be a secret; keys here are key and owner\na.yml:1: unknown key, not shown as it may be a secret; keys here are keys"},
		"secret for a value": {"access: {keys: [hunter2, 1234, true, {key: [hunter2]}]}\n", "a.yml:1: access.keys[0]: found a text, want a mapping\na.yml:1: access.keys[1]: found a number, want a mapping\na.yml:1: access.keys[2]: found true or false, want a mapping\na.yml:1: access.keys[3].key: found a list, want a text"},
		"secret in a URL":    {"proxy: http://u:hunter2/x@h/\n", "a.yml:1: proxy: not a URL; write one such as https://host/path"},
		"secret for a tag": {
			"access: {keys: [{key: !hunter2 x}]}\nname: !<hunter2> x\nmode: !!hunter2 x\nitems: !hunter2 [a]\nweights: {!hunter2 a: 1, b: !hunter2 1}\n",
			"a.yml:1: " + tag + "\na.yml:2: " + tag + "\na.yml:3: " + tag + "\na.yml:4: " + tag + "\na.yml:5: " + tag + "\na.yml:5: " + tag,
		},
		"no tag after all":    {"name: ! x\nport: x\n", `a.yml:2: port: found "x", want a whole number`},
		"secret for an alias": {"port: 1\naccess: {keys: [{key: *hunter2}]}\n", "a.yml:2: an alias stands here, and there is no such anchor; put the text that begins with * between quotation marks, or mend the alias"},
		"secret with a type":  {"weights: {a: !!int 1}\nname: !!int hunter2\n", "a.yml:2: name: the value is not of the type that its tag says; remove the tag, which begins with !!"},
		"lines with a type":   {"name: !!int 'hunter2`\n\n  hunter3'\n", "a.yml:1: name: the value is not of the type that its tag says; remove the tag, which begins with !!"},
		"empty items":         {"items:\n- id: a\n-\n- {id: b, scripts: [x, ~]}\n", "a.yml:3: items[1]: the item of the list is empty; write it, or remove it\na.yml:4: items[2].scripts[1]: the item of the list is empty; write it, or remove it"},
		"duplicate key":       {"port: 1\nport: 2\n", `a.yml:2: mapping key "port" already defined at line 1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode(t, tc.text, nil)
			require.EqualError(t, err, tc.want)
			require.NotContains(t, err.Error(), "hunter")
		})
	}
}

func TestAnchorInItself(t *testing.T) {
	t.Parallel()
	f, err := configfile.Parse("a.yml", []byte("port: 1\nclaims: &hunter2 [*hunter2]\n"))
	require.NoError(t, err)
	var v map[string]any
	require.EqualError(t, f.Decode(&v), "a.yml:2: an anchor contains itself; remove the alias, which begins with *")
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
	_, problem = f.Secret(p, "token", "  ", "")
	require.EqualError(t, problem, name+":1: manager.token: the secret is blank; write one that nobody guesses")
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
