// SPDX-License-Identifier: Apache-2.0

package config_test

// badAround is what is said of what stands around the services.
var badAround = map[string][]string{
	"http-sd": {
		`2: http_sd_configs[0].refresh_interval: is 500ms, want at least 1s`,
		`3: http_sd_configs[0].url: not an address; write one such as https://inventory.example.com/targets`,
		`4: http_sd_configs[1].url: not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`,
		`5: http_sd_configs[2].url: not an address; write one such as https://inventory.example.com/targets`,
		`6: http_sd_configs[3].url: not an address; write one such as https://inventory.example.com/targets`,
	},
	"http-sd-client": {
		`3: http_sd_configs[0].authorization.credentials_file: open testdata/bad/none: no such file or directory; make the file readable to this program`,
		`4: http_sd_configs[1]: at most one of basic_auth, oauth2 & authorization must be configured`,
	},
	"http-sd-key": {
		`3: unknown key "proxy_uri"; did you mean "proxy_url"?`,
	},
	"http-sd-proxy": {
		`3: http_sd_configs[0].proxy_url: not a URL; write one such as https://host/path`,
	},
	"max-replicas": {
		`2: reporter.max_replicas_per_node: is 0, want at least 1`,
		`3: reporter.max_replicas: is -5, want at least 1`,
	},
	"rabbitmq-both-passwords": {
		`5: rabbitmq.password_file: both password and password_file are set; keep one`,
	},
	"rabbitmq-dead-before-sick": {
		`2: rabbitmq.ready_dead_above: is 100, less than ready_healthy_below (500), so a long queue would be dead before it is sick; make it larger`,
	},
	"rabbitmq-limits": {
		`3: rabbitmq.interval: is 0s, want more than 0`,
		`5: rabbitmq.ready_healthy_below: is 0, want at least 1: an empty queue is healthy`,
		`6: rabbitmq.nack_healthy_below: is 6000, more than nack_dead_above (5000), so a long queue would be dead before it is sick; make it smaller`,
		`4: rabbitmq.timeout: is 0s, want more than 0`,
	},
	"rabbitmq-no-password": {
		`3: rabbitmq.username: the user has no password; set password or password_file`,
	},
	"rabbitmq-no-url": {
		`1: rabbitmq: there is no api_url, so no queue is read; write the address of the management API, or remove the rest`,
	},
	"rabbitmq-no-username": {
		`1: rabbitmq: the password has no user; set username`,
	},
	"rabbitmq-password-file": {
		`4: rabbitmq.password_file: open testdata/bad/none.password: no such file or directory; write the secret into it`,
	},
	"rabbitmq-proxy": {
		`1: rabbitmq: if no_proxy is configured, proxy_url must also be configured`,
	},
	"rabbitmq-url": {
		`2: rabbitmq.api_url: not an address; write one such as http://127.0.0.1:15672`,
	},
	"rabbitmq-url-password": {
		`2: rabbitmq.api_url: an address holds no user and password; use username and password`,
	},
	"relay-both-tokens": {
		`4: relay.token_file: both token and token_file are set; keep one`,
	},
	"relay-key": {
		`4: unknown key "basic_auth" here; it belongs in http, http_config or http_sd_configs`,
	},
	"relay-no-token": {
		`1: relay: neither token nor token_file is set; set the one that the master takes`,
	},
	"relay-no-url": {
		`1: relay: there is no url, so nothing is relayed; write the address of the master, or remove the rest`,
	},
	"relay-services": {
		`4: relay.services[0]: there is no service with the id "web"`,
		`4: relay.services[1]: there is no service with the id "lan"`,
		`5: relay.interval: is 0s, want more than 0`,
		`6: relay.timeout: is 0s, want more than 0`,
	},
	"relay-services-none": {
		`4: relay.services: the list is empty, so nothing is relayed; name services, or write ["*"]`,
	},
	"relay-tls": {
		`4: relay.tls_config: unable to read CA cert: unable to read file testdata/bad/none.pem: open testdata/bad/none.pem: no such file or directory`,
	},
	"relay-token-file": {
		`3: relay.token_file: open testdata/bad/none.token: no such file or directory; write the secret into it`,
	},
	"relay-url": {
		`2: relay.url: not an address; write one such as https://pharos.example.com`,
	},
	"relay-url-malformed": {
		`2: relay.url: not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`,
	},
	"relay-url-password": {
		`2: relay.url: an address holds no user and password; use token or token_file`,
	},
	"relay-url-query": {
		`2: relay.url: the address has a query or a fragment; remove it`,
	},
	"service-file-duplicate": {
		`testdata/parts/services-1.yml:4: services[1].id: duplicate service "web"; it is at testdata/bad/service-file-duplicate.yml:2 already, so give it an id of its own, or remove it`,
		`testdata/parts/services-2.yml:2: services[0].id: duplicate service "lan"; it is at testdata/parts/services-1.yml:3 already, so give it an id of its own, or remove it`,
	},
	"service-file-folder": {
		`1: service_files[0]: read testdata/parts: is a directory; make the file readable to this program`,
	},
	"service-file-key": {
		`testdata/parts/not-only-services.yml:1: unknown key "defaults"`,
		`testdata/parts/not-only-services.yml:2: unknown key "parallelism"`,
	},
	"service-file-syntax": {
		`testdata/parts/no-yaml.yml:2: did not find expected node content`,
	},
	"service-file-values": {
		`testdata/parts/wrong-services.yml:4: services[0].nodes[0].replicas[0]: tcp needs a port; write tcp://host:port`,
		`testdata/parts/wrong-services.yml:5: services[0].nodes[1].id: duplicate node "api"; give it an id of its own`,
		`testdata/parts/wrong-services.yml:5: services[0].nodes[1].script.interval: is 0s, want more than 0`,
	},
	"service-files-missing": {
		`3: service_files[1]: open testdata/parts/sevices-1.yml: no such file or directory; write the name of a file that is there`,
		`4: service_files[2]: open testdata/parts/modules.yml/none.yml: not a directory; make the file readable to this program`,
	},
	"service-files-pattern": {
		`2: service_files[0]: "[" is no pattern for file names; write one such as services/*.yml`,
		`3: service_files[1]: "" is no pattern for file names; write one such as services/*.yml`,
	},
	"service-files-this-file": {
		`2: service_files[0]: the pattern takes in this file, too; move the files with services into a folder of their own`,
	},
	"shard-count": {
		`1: shard.count: is 0, want 1 to 1000`,
	},
	"shard-half": {
		`1: shard: count is missing; write how many exporters share the services`,
	},
	"shard-index": {
		`1: shard.index: is 3, want 0 to 2, which is count-1`,
	},
	"shard-other-half": {
		`1: shard: index is missing; number the exporters from 0 to count-1`,
	},
	"shard-too-many": {
		`1: shard.count: is 1001, want 1 to 1000`,
	},
	"vantage-control-character": {
		`1: vantage: "a\tb" has a control character; remove it`,
	},
	"vantage-too-long": {
		`1: vantage: has 201 bytes, want at most 200`,
	},
}
