// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/bridge/config"
	"github.com/pharos-status/pharos/internal/testkit"
)

func load(t testing.TB, text string, o config.Options) (*config.Config, error) {
	t.Helper()
	return config.Load(furnished(t, text), o)
}

func TestEmptyFileMeansDefaults(t *testing.T) {
	t.Parallel()
	d, err := config.Default(config.Options{})
	require.NoError(t, err)
	require.Empty(t, d.Channels)
	require.Nil(t, d.Channel(""))
	for _, text := range []string{"", "# nothing\n", "page: {}\nwebhook: {}\ndelivery: {}\nchannels: []\n"} {
		c, err := load(t, text, config.Options{})
		require.NoError(t, err)
		require.Equal(t, d.String(), c.String(), text)
		require.Equal(t, "127.0.0.1:9642", c.External().Host)
	}
}

func TestAbsentFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "bridge.yml"), config.Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestDeliveryIsInheritedKeyByKey(t *testing.T) {
	t.Parallel()
	c, err := load(t, `
delivery: {timeout: 3s, per_minute: 6}
channels:
- {name: plain, vigil: {url: "http://a"}}
- {name: own, delivery: {per_minute: 0, give_up_after: 1m}, vigil: {url: "http://a"}}
- {name: more, delivery: {retry_wait: 2s, retry_max: 3s, burst: 4, timeout: 5s}, vigil: {url: "http://a"}}
`, config.Options{})
	require.NoError(t, err)
	all := config.DefaultDelivery()
	all.Timeout, all.PerMinute = model.Duration(3*time.Second), 6
	require.Equal(t, all, c.Delivery)
	require.Equal(t, all, c.Channel("plain").Delivery)
	own := all
	own.PerMinute, own.GiveUpAfter = 0, model.Duration(time.Minute)
	require.Equal(t, own, c.Channel("own").Delivery)
	more := all
	more.RetryWait, more.RetryMax, more.Burst, more.Timeout = model.Duration(2*time.Second), model.Duration(3*time.Second), 4, model.Duration(5*time.Second)
	require.Equal(t, more, c.Channel("more").Delivery)
}

func TestDeliveryIsInheritedThroughAnchors(t *testing.T) {
	t.Parallel()
	c, err := load(t, `
channels:
- &a {name: a, delivery: {burst: 3}, vigil: {url: "http://a"}}
- {<<: *a, name: b}
`, config.Options{})
	require.NoError(t, err)
	require.Equal(t, 3, c.Channel("b").Delivery.Burst)
	require.Equal(t, config.DefaultDelivery().Timeout, c.Channel("b").Delivery.Timeout)
}

func TestThePageIsThatOfTheOptionsUnlessTheFileSaysOtherwise(t *testing.T) {
	t.Parallel()
	o := config.Options{PageTitle: "Example Status", PageURL: "https://status.example.com/"}
	c, err := load(t, "", o)
	require.NoError(t, err)
	require.Equal(t, config.Page{Title: o.PageTitle, URL: o.PageURL}, c.Page)
	require.Equal(t, o.PageTitle, c.Words().PageTitle())
	require.Equal(t, o.PageURL, c.Words().PageURL())

	c, err = load(t, "page: {title: Mine, url: 'http://mine'}\nlocation: Europe/Zurich", o)
	require.NoError(t, err)
	require.Equal(t, config.Page{Title: "Mine", URL: "http://mine"}, c.Page)
	require.Equal(t, "Europe/Zurich", c.Words().Location().String())
}

func TestAddressesAreCompleted(t *testing.T) {
	t.Parallel()
	c, err := load(t, "external_url: https://alerts.example.com/pharos/", config.Options{})
	require.NoError(t, err)
	require.Equal(t, "https://alerts.example.com/pharos", c.ExternalURL)
	require.Equal(t, "/pharos", c.External().Path)
}

func TestVariables(t *testing.T) {
	t.Setenv("PHAROS_TEST_TOKEN", canary)
	t.Setenv("PHAROS_TEST_LIMIT", "7")
	c, err := load(t, `{webhook: {token: "${PHAROS_TEST_TOKEN}"}, channels: [{name: a, delivery: {per_minute: "${PHAROS_TEST_LIMIT}"}, vigil: {url: "http://${PHAROS_TEST_TOKEN}/"}}]}`, config.Options{})
	require.NoError(t, err)
	require.True(t, c.Webhook.Token.Equal(canary))
	require.Equal(t, 7, c.Channels[0].Delivery.PerMinute)
	require.Equal(t, "http://"+canary+"/", string(c.Channels[0].Vigil.URL))
}

// TestLoadBad: what is said of each file in testdata/bad stands beside it.
func TestLoadBad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(file, config.Options{})
			require.Nil(t, c)
			require.Error(t, err)
			require.NotContains(t, err.Error(), canary, "a secret is told")
			testkit.Golden(t, "bad/"+name+".err", []byte(err.Error()+"\n"))
		})
	}
}

// FuzzLoad: no file makes Load panic, and what it accepts can be shown and has one kind
// for each channel.
func FuzzLoad(f *testing.F) {
	seed := regexp.MustCompile(`_file: [\w.-]+`).ReplaceAllString(documented(f), ": hunter2xxxxxxxxxxxxxxxxxxxxxxx")
	f.Add(strings.ReplaceAll(strings.ReplaceAll(seed, "templates: [templates/*.tmpl]", ""), `tls_config: {ca_file: ""}`, ""))
	bad, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(f, err)
	for _, file := range bad {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file") || strings.Contains(text, "templates") {
			t.Skip("would read files")
		}
		c, err := config.Parse([]byte(text))
		if err != nil {
			return
		}
		if _, err := c.YAML(); err != nil {
			t.Error(err)
		}
		seen := map[string]bool{}
		for i := range c.Channels {
			ch := &c.Channels[i]
			require.NotEmpty(t, ch.Kind())
			require.NotNil(t, ch.Settings())
			require.False(t, seen[ch.Name])
			require.Positive(t, ch.Delivery.Timeout)
			seen[ch.Name] = true
		}
	})
}
