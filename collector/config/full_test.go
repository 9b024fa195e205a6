// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	promconfig "github.com/prometheus/common/config"
	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/collector/module"
	"github.com/pharos-status/pharos/internal/status"
	"github.com/pharos-status/pharos/internal/testkit"
)

// loadFull loads the file that sets every key.
func loadFull(t *testing.T) *config.Config {
	t.Helper()
	t.Setenv("PHAROS_TEST_TOKEN", "hunter4")
	t.Setenv("PHAROS_TEST_LABEL", "Mail")
	c, err := config.Load("testdata/full.yml")
	require.NoError(t, err)
	return c
}

func node(t *testing.T, c *config.Config, service, id string) config.Node {
	t.Helper()
	for _, s := range c.Services {
		for _, n := range s.Nodes {
			if s.ID == service && n.ID == id {
				return n
			}
		}
	}
	require.Fail(t, "no such node", "%s:%s", service, id)
	return config.Node{}
}

func TestStringHidesSecrets(t *testing.T) { //nolint:paralleltest // sets variables
	shown := loadFull(t).String()
	require.NotContains(t, shown, "hunter")
	require.NotContains(t, shown, "s3cret")
	testkit.Golden(t, "full.golden.yml", []byte(shown))
}

func TestFullPollSettings(t *testing.T) { //nolint:paralleltest // sets variables
	api := node(t, loadFull(t), "web", "api")
	own := config.Poll{
		Interval: time.Minute, Timeout: 6 * time.Second, SickAfter: 2 * time.Second,
		Retries: 1, RetryWait: time.Second, StatusFrom: 200, StatusBelow: 300,
	}
	require.Equal(t, own, api.Poll)
	require.Equal(t, own, api.Replicas[0].Poll)
	require.Equal(t, config.Poll{Interval: 30 * time.Second, Timeout: 3 * time.Second, StatusFrom: 100, StatusBelow: 300}, api.Replicas[1].Poll)
}

func TestFullReportSettings(t *testing.T) { //nolint:paralleltest // sets variables
	c := loadFull(t)
	require.Equal(t, config.Push{
		DeadAfter: 16 * time.Second, ForgetAfter: 24 * time.Hour, CPUSickAbove: 4, RAMSickAbove: 0.7,
	}, node(t, c, "web", "sockets").Push)
	require.Equal(t, config.Local{DeadAfter: time.Minute}, node(t, c, "lan", "gateway").Local)
}

func TestFullScripts(t *testing.T) { //nolint:paralleltest // sets variables
	c := loadFull(t)
	plugins := node(t, c, "lan", "plugins")
	own := config.Script{
		Interval: 2 * time.Minute, Timeout: 20 * time.Second, Retries: 1, RetryWait: 2 * time.Second,
		NagiosUnknown: status.Sick, Environment: []string{},
		Steps: map[string]time.Duration{"login": time.Second, "fetch": 3 * time.Second},
	}
	require.Equal(t, own, plugins.Script)
	require.Equal(t, config.Replica{Name: "1", Shell: `echo "${HOME} costs $$"`, Script: own}, plugins.Replicas[0], "variables belong to the shell")

	exit := own
	exit.Interval, exit.Retries, exit.Steps = 10*time.Second, 0, map[string]time.Duration{"fetch": 3 * time.Second}
	require.Equal(t, config.Replica{Name: "exit", Shell: "exit 1", Script: exit}, plugins.Replicas[1])

	load := own
	load.Timeout, load.NagiosUnknown, load.Environment = 5*time.Second, status.Healthy, []string{"TZ"}
	require.Equal(t, config.Replica{Name: "load", Command: []string{"/usr/lib/nagios/plugins/check_load", "-w", "5"}, Script: load}, plugins.Replicas[2])

	jobs := node(t, c, "mail", "jobs")
	require.Equal(t, "exit ${CODE:-0}", jobs.Replicas[0].Shell)
	require.Equal(t, []string{"HTTPS_PROXY"}, jobs.Script.Environment)
	require.Equal(t, status.Dead, jobs.Script.NagiosUnknown)
}

func TestFullHTTP(t *testing.T) { //nolint:paralleltest // sets variables
	api := node(t, loadFull(t), "web", "api")
	require.Equal(t, http.MethodPost, api.HTTP.Method)
	require.Equal(t, http.Header{"Accept": {"application/json"}, "X-Api-Key": {"hunter2"}}, api.HTTP.Headers)
	require.JSONEq(t, `{"password": "hunter2"}`, api.HTTP.Body)
	require.True(t, api.HTTP.BodyMatch.MatchString(`{"ok" : true}`))
	require.Equal(t, config.Link{URL: "https://docs.example.com/api", Label: "Manual"}, api.Link)
	require.True(t, api.Reveal)
	require.Equal(t, 2, api.MinHealthy)
}

func TestFullURLs(t *testing.T) { //nolint:paralleltest // sets variables
	var got [][2]string
	for _, r := range node(t, loadFull(t), "web", "api").Replicas {
		got = append(got, [2]string{r.Name, r.URL.String()})
	}
	require.Equal(t, [][2]string{
		{"https://api.example.com/v1/health", "https://hunter:hunter2@api.example.com/v1/health?key=hunter2"},
		{"edge", "tcp://edge-1.example.com:80"},
		{"https://b.example.com", "https://b.example.com"},
		{"ssh://edge-1.example.com", "ssh://edge-1.example.com:22"},
		{"icmp://[2001:db8::1]", "icmp://[2001:db8::1]"},
		{"dns://9.9.9.9/example.com", "dns://9.9.9.9:853/example.com?class=IN&transport=tls&type=AAAA"},
		{"dns://[2001:db8::1]/example.com", "dns://[2001:db8::1]:53/example.com"},
		{"grpc://10.0.0.7:9000", "grpc://10.0.0.7:9000"},
		{"grpcs://10.0.0.7:9000/my.Service", "grpcs://10.0.0.7:9000/my.Service"},
		{"unix:///run/api.sock", "unix:///run/api.sock"},
		{"ws://api.example.com/socket", "ws://api.example.com/socket"},
		{"wss://api.example.com/socket", "wss://hunter:hunter2@api.example.com/socket?key=hunter2"},
	}, got)
}

func TestFullTLS(t *testing.T) { //nolint:paralleltest // sets variables
	c := loadFull(t)
	api := node(t, c, "web", "api")
	require.Equal(t, 14*24*time.Hour, api.TLS.SickBefore)
	require.Contains(t, api.TLS.Config.CA, "BEGIN CERTIFICATE")
	require.Equal(t, promconfig.TLSConfig{
		CA: api.TLS.Config.CA, CertFile: filepath.Join("testdata", "pki", "client.pem"), KeyFile: filepath.Join("testdata", "pki", "client.key"),
		MinVersion: promconfig.TLSVersions["TLS12"], MaxVersion: promconfig.TLSVersions["TLS13"],
	}, api.TLS.Config, "the node has no server name, and its service verifies")
	_, err := promconfig.NewTLSConfig(&api.TLS.Config)
	require.NoError(t, err)
	require.Same(t, api.TLS, api.Replicas[0].TLS)
	require.Zero(t, api.Replicas[2].TLS.SickBefore)
	require.True(t, api.SkipsVerification(), "one replica is not verified")

	require.Equal(t, &config.TLS{SickBefore: 7 * 24 * time.Hour}, node(t, c, "web", "json").TLS, "the module says the rest")
	require.False(t, node(t, c, "web", "json").SkipsVerification())
	require.True(t, node(t, c, "web", "old").Replicas[0].TLS.Config.InsecureSkipVerify, "tls may stand in http")
	require.True(t, node(t, c, "shop", "page").SkipsVerification(), "so say the defaults")
	require.False(t, node(t, c, "web", "sockets").SkipsVerification())

	inline := node(t, c, "web", "inline").TLS.Config
	require.Equal(t, api.TLS.Config.CA, inline.CA)
	require.Empty(t, inline.CertFile, "the certificate of the level above is replaced as a whole")
	_, err = promconfig.NewTLSConfig(&inline)
	require.NoError(t, err)

	require.Empty(t, api.SSH.HostKeys)
	require.Equal(t, []string{"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}, api.Replicas[3].SSH.HostKeys)
	require.Len(t, node(t, c, "web", "old").SSH.HostKeys, 1)
}

func TestScriptsAreShownWithoutArguments(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`"curl -u user:hunter2 https://a"`:         "script: curl <secret>",
		`" /usr/bin/true\n"`:                       "script: /usr/bin/true",
		`"set -e\ncurl -u user:hunter2 https://a"`: "script: set <secret>",
		`"KEY=hunter2 run it"`:                     "script: <secret>",
		`"'hunter2' run it"`:                       "script: <secret>",
		`{command: [curl, -u, "user:hunter2"]}`:    "command: [curl, <secret>]",
		`{command: [/usr/bin/true]}`:               "command: [/usr/bin/true]",
		`{command: ["curl -u user:hunter2"]}`:      "command: [<secret>]",
	} {
		c, err := config.Load(write(t, "services: [{id: a, nodes: [{id: b, mode: script, scripts: ["+script+"]}]}]\n"))
		require.NoError(t, err, script)
		require.Contains(t, c.String(), "\n          - "+want+"\n", script)
		require.NotContains(t, c.String(), "hunter")
	}
}

func TestFullModules(t *testing.T) { //nolint:paralleltest // sets variables
	c := loadFull(t)
	json := node(t, c, "web", "json")
	require.Same(t, c.Modules["json"], json.Module)
	require.Equal(t, "json", json.ModuleName)
	require.Equal(t, "hunter2", string(json.Module.HTTP.Client.BasicAuth.Password))
	require.Equal(t, `^\{.*"costs": "\$5"`, json.Module.HTTP.BodyNotMatches[0].String(), "dollars are the module's own")
	require.Equal(t, []config.Replica{
		{Name: "https://api.example.com/v2", Target: "https://hunter:hunter2@api.example.com/v2?key=hunter2", Poll: json.Poll, TLS: json.TLS},
		{Name: "api.example.com", Target: "api.example.com", Poll: json.Poll, TLS: json.TLS},
	}, json.Replicas)

	mail := node(t, c, "web", "mail")
	require.Equal(t, module.KindTCP, mail.Module.Prober)
	require.Equal(t, "mail.example.com:25", mail.Replicas[0].Target)
	require.Equal(t, "tcp://mail.example.com:25", mail.Replicas[0].Name)
	require.Equal(t, "mail.example.com:465", mail.Replicas[1].Name)
	require.NotNil(t, c.Modules["http_2xx"], "built in")
}

func TestFullQueues(t *testing.T) { //nolint:paralleltest // sets variables
	c := loadFull(t)
	require.True(t, c.RabbitMQ.Password == "hunter2")
	requireEqual(t, &config.RabbitMQ{
		URL: "http://127.0.0.1:15672", Username: "pharos", Password: "hunter2", VirtualHost: "apps",
		Timeout: 2 * time.Second, LoadedRetryDelay: time.Second,
		Client: promconfig.HTTPClientConfig{
			TLSConfig: promconfig.TLSConfig{InsecureSkipVerify: true}, EnableHTTP2: true,
			ProxyConfig: promconfig.ProxyConfig{ProxyFromEnvironment: true},
		},
	}, c.RabbitMQ)
	require.Equal(t, &config.Queue{
		Name: "client", Interval: 5 * time.Second,
		ReadyHealthyBelow: 10, NackHealthyBelow: 20, ReadyDeadAbove: 30, NackDeadAbove: 40,
	}, node(t, c, "web", "sockets").Queue)
}

// requireEqual compares settings of clients, which hold functions once they are used.
func requireEqual(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(promconfig.ProxyConfig{})); diff != "" {
		require.Fail(t, "differs (-want +got)", diff)
	}
}

func TestFullRelay(t *testing.T) { //nolint:paralleltest // sets variables
	relay := loadFull(t).Relay
	require.Equal(t, "https://pharos.example.com/prefix", relay.URL)
	require.True(t, relay.Token.Equal("s3cret"))
	require.Equal(t, []string{"web", "discovered"}, relay.Services)
	require.Equal(t, time.Minute, relay.Interval)
	require.Equal(t, 5*time.Second, relay.Timeout)
	require.Equal(t, filepath.Join("testdata", "pki", "ca.pem"), relay.Client.TLSConfig.CAFile)
	require.Equal(t, "http://pharos:hunter2@proxy.example.com:3128", relay.Client.ProxyURL.String())
	require.Equal(t, "10.0.0.0/8", relay.Client.NoProxy)
	require.Len(t, relay.Client.ProxyConnectHeader, 1)
	require.False(t, relay.Client.FollowRedirects)
	_, err := promconfig.NewClientFromConfig(relay.Client, "relay")
	require.NoError(t, err)
}

func TestFullAround(t *testing.T) { //nolint:paralleltest // sets variables
	c := loadFull(t)
	require.Equal(t, config.Parallelism{Poll: 64, Script: 4}, c.Parallelism)
	require.Equal(t, config.ReporterLimits{ReplicasPerNode: 100, Replicas: 1000}, c.Limits)
	require.True(t, c.Tokens[0].Token.Equal("s3cret"))
	require.Equal(t, []string{"*"}, c.Tokens[0].Services)
	require.True(t, c.Tokens[1].Token.Equal("hunter4"))
	require.Equal(t, []string{"web"}, c.Tokens[1].Services)
	require.Equal(t, "fra-1", c.Vantage)
	require.Equal(t, config.Shard{Index: 0, Count: 1}, c.Shard)

	require.Len(t, c.HTTPSD, 1)
	require.Equal(t, "https://hunter:hunter2@inventory.example.com/targets?key=hunter2", c.HTTPSD[0].URL)
	require.Equal(t, 2*time.Minute, c.HTTPSD[0].Refresh)
	require.Equal(t, promconfig.Secret("hunter2"), c.HTTPSD[0].Client.Authorization.Credentials)
	require.True(t, c.HTTPSD[0].Client.FollowRedirects, "a default of Prometheus")

	pattern, err := filepath.Abs("testdata/full/services-*.yml")
	require.NoError(t, err)
	require.Equal(t, []string{pattern}, c.ServiceFiles)
	var ids []string
	for i, s := range c.Services {
		require.Equal(t, i, s.Position)
		ids = append(ids, s.ID)
	}
	require.Equal(t, []string{"web", "lan", "shop", "mail"}, ids)
	require.Equal(t, "Mail", c.Services[3].Label)
}
