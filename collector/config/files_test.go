// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// writeFiles puts files into a folder and returns the path of exporter.yml.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return filepath.Join(dir, "exporter.yml")
}

func ids(c *config.Config) (all []string) {
	for _, s := range c.Services {
		all = append(all, s.ID)
	}
	return all
}

const oneNode = ", nodes: [{id: a, mode: push}]}]\n"

func TestServiceFiles(t *testing.T) {
	t.Parallel()
	path := writeFiles(t, map[string]string{
		"exporter.yml": "service_files: [more/*.yml, 'more/[ab].yml', none/*.yml]\ndefaults: {push: {dead_after: 1m}}\nservices: [{id: main" + oneNode,
		"more/b.yml":   "services: [{id: b" + oneNode,
		"more/a.yml":   "services: [{id: a" + oneNode,
		"more/c.yml":   "# nothing yet\n",
		"more/d.yaml":  "not: read\n",
	})
	c, err := config.Load(path)
	require.NoError(t, err)
	require.Equal(t, []string{"main", "a", "b"}, ids(c), "each file is read once, those of a pattern by name")
	require.Equal(t, "1m0s", c.Services[2].Nodes[0].Push.DeadAfter.String())
	dir := filepath.Dir(path)
	require.Equal(t, []string{dir + "/more/*.yml", dir + "/more/[ab].yml", dir + "/none/*.yml"}, c.ServiceFiles)
}

func TestPatternsThatMatchNothingAnyMore(t *testing.T) {
	t.Parallel()
	path := writeFiles(t, map[string]string{
		"exporter.yml": "vantage: a\nservice_files:\n  - none/*.yml\n  - more/*.yml\n  - other/[ab].yml\n",
		"more/a.yml":   "services: [{id: a" + oneNode,
		"more/b.yml":   "services: [{id: b" + oneNode,
		"other/a.yml":  "services: [{id: c" + oneNode,
	})
	dir := filepath.Dir(path)
	load := func() *config.Config {
		c, err := config.Load(path)
		require.NoError(t, err)
		return c
	}
	before := load()
	require.NoError(t, before.Lost(config.Default()))
	require.NoError(t, config.Default().Lost(before))

	require.NoError(t, os.Remove(filepath.Join(dir, "more", "b.yml")))
	one := load()
	require.NoError(t, one.Lost(before), "one of two is left")

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "more")))
	require.NoError(t, os.Remove(filepath.Join(dir, "other", "a.yml")))
	require.EqualError(t, load().Lost(before), path+":4: service_files[1]: no file matches "+dir+
		"/more/*.yml any more (before: 2), so all stays as it was; bring the files back (an empty one will do), or remove the pattern\n"+
		path+":5: service_files[2]: no file matches "+dir+
		"/other/[ab].yml any more (before: 1), so all stays as it was; bring the files back (an empty one will do), or remove the pattern")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "other", "b.yml"), nil, 0o600))
	require.NoError(t, os.WriteFile(path, []byte("service_files: [other/*.yml, 'other/[ab].yml']\n"), 0o600))
	require.NoError(t, load().Lost(before), "the pattern was taken out, and an empty file will do")
}

func TestServiceFilesNameFilesBesideThem(t *testing.T) {
	t.Parallel()
	path := writeFiles(t, map[string]string{
		"exporter.yml": "service_files: [more/*.yml]\n",
		"more/a.yml":   "services: [{id: a, tls: {ca_file: ca.pem}, nodes: [{id: a, mode: poll, replicas: ['https://a']}]}]\n",
	})
	_, err := config.Load(path)
	require.ErrorContains(t, err, "more/a.yml:1: services[0].tls.ca_file: open "+filepath.Dir(path)+"/more/ca.pem: no such file or directory")
}

func TestErrorsOfAllFilesAreTold(t *testing.T) {
	t.Parallel()
	path := writeFiles(t, map[string]string{
		"exporter.yml": "service_files: [more/*.yml]\nshard: {index: 5, count: 3}\n",
		"more/a.yml":   "services: [{id: a/b" + oneNode,
		"more/b.yml":   "services: [{idd: a" + oneNode,
		"more/c.yml":   "services: [{id: \"${PHAROS_TEST_NOT_SET}\"" + oneNode,
	})
	_, err := config.Load(path)
	dir := filepath.Dir(path)
	require.EqualError(t, err, dir+`/more/a.yml:1: services[0].id: "a/b" can't be part of a path; use an id without a slash that is neither . nor ..`+"\n"+
		dir+`/more/b.yml:1: unknown key "idd"; did you mean "id"?`+"\n"+
		dir+`/more/c.yml:1: services[0].id: environment variable PHAROS_TEST_NOT_SET is not set; set it, or write $$ for a dollar`+"\n"+
		path+`:2: shard.index: is 5, want 0 to 2, which is count-1`)
}

func TestSecretsAreReadAgain(t *testing.T) {
	t.Parallel()
	path := writeFiles(t, map[string]string{
		"exporter.yml": "reporter: {tokens: [{token_file: a}, {token_file: b}]}\nrelay: {url: 'http://a', token_file: a}\n",
		"a":            "one\n", "b": "two\n",
	})
	_, err := config.Load(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), "a"), []byte("three"), 0o600))
	c, err := config.Load(path)
	require.NoError(t, err)
	require.True(t, c.Tokens[0].Token.Equal("three"))
	require.True(t, c.Tokens[1].Token.Equal("two"))
	require.True(t, c.Relay.Token.Equal("three"))
}

func TestVariablesMustBeUTF8(t *testing.T) {
	t.Setenv("PHAROS_TEST_VANTAGE", "fra\xff")
	_, err := config.Load(write(t, "vantage: ${PHAROS_TEST_VANTAGE}\n"))
	require.ErrorContains(t, err, `:1: vantage: "fra\xff" is not valid UTF-8; mend what the variable in it holds`)
}

func TestOwnModulesReplaceBuiltInOnes(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, "modules: {http_2xx: {prober: tcp}}\n"))
	require.NoError(t, err)
	require.EqualValues(t, "tcp", c.Modules["http_2xx"].Prober)
	require.EqualValues(t, "icmp", c.Modules["icmp"].Prober)
}
