// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/collector/config"
)

// bad, badHow and badAround hold, for each file below testdata/bad, what is said of
// it: a line each, without the name of the file. Bad is what is said of services.
var bad = map[string][]string{
	"dead-after-zero": {
		`2: defaults.push.dead_after: is 0s, want more than 0`,
		`3: defaults.local.dead_after: is 0s, want more than 0`,
	},
	"duplicate-node": {
		`5: services[0].nodes[1].id: duplicate node "api"; give it an id of its own`,
	},
	"duplicate-replica-name": {
		`8: services[0].nodes[0].replicas[1]: duplicate replica: number 1 of the list is called "x" as well; give one of them another name`,
	},
	"duplicate-replica": {
		`9: services[0].nodes[0].replicas[2]: duplicate replica; it is number 1 of the list already, so remove it, or give it a name`,
	},
	"duplicate-script-name": {
		`8: services[0].nodes[0].scripts[1]: duplicate replica: number 1 of the list is called "2" as well; give one of them another name`,
	},
	"duplicate-service": {
		`3: services[1].id: duplicate service "web"; give it an id of its own`,
	},
	"duration-negative": {
		`2: defaults.poll.timeout: found "-5s", want a duration such as 5s or 2m`,
	},
	"duration-without-unit": {
		`2: defaults.poll.timeout: found "5", want a duration such as 5s or 2m`,
	},
	"http-body-match-with-head": {
		`7: services[0].nodes[0].http.body_match: the answer to HEAD has no body; set method to GET, or remove it`,
	},
	"http-body-with-get": {
		`7: services[0].nodes[0].http.body: a GET request has no body; set method to POST, PUT or PATCH, or remove the body`,
	},
	"http-body-without-method": {
		`7: services[0].nodes[0].http.body: a HEAD request has no body; set method to POST, PUT or PATCH, or remove the body`,
	},
	"http-headers": {
		`9: services[0].nodes[0].http.headers: the name of a header has a character that none can have; write name: value`,
		`10: services[0].nodes[0].http.headers.X-Token: the value has a character that no header can have`,
		`11: services[0].nodes[0].http.headers.accept: duplicate header Accept; keep one`,
	},
	"http-method": {
		`7: services[0].nodes[0].http.method: unknown method "FETCH", want one of HEAD, GET, POST, PUT, PATCH, DELETE, OPTIONS`,
	},
	"http-status": {
		`3: defaults.poll.http_status: no status is healthy: from (400) has to be less than below (400)`,
		`6: services[0].poll.http_status.from: is 99, want an HTTP status, 100 to 599`,
		`10: services[0].nodes[0].poll.http_status.below: is 700, want 101 to 600`,
	},
	"icmp-with-port": {
		`6: services[0].nodes[0].replicas[0]: icmp has no ports; write icmp://host`,
	},
	"id-too-long": {
		`2: services[0].id: has 201 bytes, want at most 200`,
	},
	"id-with-control-character": {
		`2: services[0].id: "web\tapi" has a control character; remove it`,
	},
	"id-with-slash": {
		`2: services[0].id: "web/api" can't be part of a path; use an id without a slash that is neither . nor ..`,
		`2: services[0].nodes[0].id: ".." can't be part of a path; use an id without a slash that is neither . nor ..`,
	},
	"interval-zero": {
		`2: defaults.poll.interval: is 0s, want more than 0`,
		`3: defaults.script.interval: is 0s, want more than 0`,
		`3: defaults.script.timeout: is 0s, want more than 0`,
	},
	"label-too-long": {
		`3: services[0].label: has 202 bytes, want at most 200`,
	},
	"list-with-nothing": {
		`2: services[0]: the item of the list is empty; write it, or remove it`,
		`5: services[1].nodes[0].replicas[0]: the item of the list is empty; write it, or remove it`,
	},
	"link-without-url": {
		`6: services[0].nodes[0].link.label: the link has a label but no url; give it one, or remove the label`,
	},
	"link": {
		`6: services[0].nodes[0].link.url: "javascript:alert(1)" is no link for a page; write https://host/path or mailto:address`,
	},
	"load-limit": {
		`2: defaults.push.cpu_sick_above: is 0, want a ratio above 0, such as 0.90`,
		`2: defaults.push.ram_sick_above: is NaN, want a ratio above 0, such as 0.90`,
	},
	"min-healthy-too-many": {
		`7: services[0].nodes[0].min_healthy: is 3, and the node has only 2 replicas`,
	},
	"min-healthy-zero": {
		`7: services[0].nodes[0].min_healthy: is 0, want at least 1; remove it if every replica has to be available`,
	},
	"no-mode": {
		`4: services[0].nodes[0].mode: the node has no mode; choose poll, script, push or local`,
	},
	"no-node-id": {
		`2: services[0].nodes[0].id: the node has no id; give it one`,
	},
	"no-nodes": {
		`2: services[0].nodes: the service has no nodes; add one, or remove the service`,
	},
	"no-service-id": {
		`2: services[0].id: the service has no id; give it one`,
	},
	"parallelism": {
		`1: parallelism.poll: is 0, want at least 1`,
		`1: parallelism.script: is -1, want at least 1`,
	},
	"poll-without-replicas": {
		`4: services[0].nodes[0].replicas: a node in mode poll needs replicas; add at least one`,
	},
	"port-out-of-range": {
		`6: services[0].nodes[0].replicas[0]: there is no such port, want 1 to 65535`,
	},
	"push-with-replicas": {
		`6: services[0].nodes[0].replicas: belongs to mode poll, and the node is in mode push; remove it, or change the mode`,
		`7: services[0].nodes[0].http: belongs to mode poll, and the node is in mode push; remove it, or change the mode`,
	},
	"regular-expression": {
		"8: services[0].nodes[0].http.body_match: error parsing regexp: missing closing ): `ok(`; mend the regular expression (RE2 syntax)",
	},
	"replica-name-control-character": {
		`6: services[0].nodes[0].replicas[0].name: "a\nb" has a control character; remove it`,
	},
	"retries": {
		`2: defaults.poll.retries: is -1, want 0 to 100`,
	},
	"script-both": {
		`6: services[0].nodes[0].scripts[0]: both script and command are set; keep one`,
	},
	"script-empty": {
		`6: services[0].nodes[0].scripts[0]: the script is empty; write a text for the shell, or a command`,
		`6: services[0].nodes[0].scripts[1].command: the command names no program; write ["/path/of/program", "argument"]`,
		`6: services[0].nodes[0].scripts[2]: the script is empty; write a text for the shell, or a command`,
	},
	"script-list": {
		`6: services[0].nodes[0].scripts[0]: found a list, want a mapping`,
	},
	"script-nul": {
		`6: services[0].nodes[0].scripts[0]: the script has a NUL character, which no program can take; remove it`,
	},
	"script-without-scripts": {
		`4: services[0].nodes[0].scripts: a node in mode script needs scripts; add at least one`,
	},
	"sick-after-too-long": {
		`2: defaults.poll.timeout: is 3s, shorter than sick_after (5s), so a slow replica would be dead before it is sick; set sick_after here too`,
		`5: services[0].poll.sick_after: is 11s, longer than the timeout (10s), so a slow replica would be dead before it is sick; make it shorter`,
		`7: services[0].nodes[0].replicas[1].poll.sick_after: is 5s, longer than the timeout (4s), so a slow replica would be dead before it is sick; make it shorter`,
	},
	"targets-of-another-mode": {
		`7: services[0].nodes[0].scripts: belongs to mode script, and the node is in mode poll; remove it, or change the mode`,
		`8: services[0].nodes[0].push: belongs to mode push, and the node is in mode poll; remove it, or change the mode`,
	},
	"tcp-with-path": {
		`6: services[0].nodes[0].replicas[0]: a URL for tcp is tcp://host:port and nothing else`,
	},
	"tcp-without-port": {
		`6: services[0].nodes[0].replicas[0]: tcp needs a port; write tcp://host:port`,
	},
	"timeout-zero": {
		`2: defaults.poll.timeout: is 0s, want more than 0`,
	},
	"token-both": {
		`3: reporter.tokens[0].token_file: both token and token_file are set; keep one`,
	},
	"token-file-unreadable": {
		`3: reporter.tokens[0].token_file: open testdata/bad/none/reporter.token: no such file or directory; write the secret into it`,
	},
	"token-missing": {
		`3: reporter.tokens[0]: neither token nor token_file is set; set one`,
	},
	"token-services": {
		`3: reporter.tokens[0].services[0]: there is no service with the id "wbe"`,
		`4: reporter.tokens[1].services: the list is empty, so the token is good for nothing; name services, or write ["*"]`,
	},
	"tcp-without-brackets": {
		`6: services[0].nodes[0].replicas[0]: an IPv6 address needs brackets; write [::1] for ::1`,
	},
	"token-blank": {
		`1: reporter.tokens[0].token: the secret is blank; write one that nobody guesses`,
	},
	"token-alias": {
		`3: an alias stands here, and there is no such anchor; put the text that begins with * between quotation marks, or mend the alias`,
	},
	"token-tag": {
		`1: a tag stands here, which is not known; put the text that begins with ! between quotation marks, or remove the tag`,
	},
	"token-as-key": {
		`2: unknown key, not shown as it may be a secret; keys here are max_replicas, max_replicas_per_node and tokens`,
		`3: unknown key, not shown as it may be a secret; keys here are services, token and token_file`,
	},
	"token-as-text": {
		`1: reporter.tokens[0]: found a text, want a mapping`,
	},
	"two-documents": {
		`2: a second YAML document begins here; one file holds one, so remove the line ---`,
	},
	"unknown-key-in-replica": {
		`7: unknown key "sick_aftre"; did you mean "sick_after"?`,
		`8: unknown key "nam"; did you mean "name"?`,
	},
	"unknown-key-in-script": {
		`7: unknown key "comand"; did you mean "command"?`,
	},
	"unknown-key": {
		`4: unknown key "min_helthy"; did you mean "min_healthy"?`,
	},
	"unknown-key-of-another-level": {
		`1: unknown key "interval" here; it belongs in poll, rabbitmq, rabbitmq_queue, relay, script or scripts`,
		`4: unknown key "dead_after" here; it belongs in local or push`,
		`4: unknown key "services" here; it belongs at the top of the file`,
	},
	"unknown-mode": {
		`5: services[0].nodes[0].mode: unknown mode "pull", want poll, script, push or local`,
	},
	"url-empty": {
		`6: services[0].nodes[0].replicas[0]: the replica has no url; give it one, such as https://host/path`,
	},
	"url-international": {
		`7: services[0].nodes[0].replicas[0]: the host is no name that can be looked up: a character of it can't stand there, or it is too long; mend it, or write it in ASCII, as in xn--bcher-kva.example for bücher.example`,
		`8: services[0].nodes[0].replicas[1]: the host is no name that can be looked up: a character of it can't stand there, or it is too long; mend it, or write it in ASCII, as in xn--bcher-kva.example for bücher.example`,
		`9: services[0].nodes[0].replicas[2]: the path is the name to ask for; write one such as dns://server/example.com?type=A`,
	},
	"url-malformed": {
		`6: services[0].nodes[0].replicas[0]: not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`,
	},
	"url-secrets": {
		`11: services[0].nodes[0].link.url: not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`,
		`6: services[0].nodes[0].replicas[0]: not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`,
		`7: services[0].nodes[0].replicas[1]: not a URL: a % sign stands there without two hexadecimal digits after it; write %25`,
		`8: services[0].nodes[0].replicas[2]: the URL has no scheme; begin it with one, such as https:// or tcp://`,
		`9: services[0].nodes[0].replicas[3]: not a URL: the user name or password has a character that has to be percent-encoded`,
		`10: services[0].nodes[0].replicas[4]: there is no such port, want 1 to 65535`,
	},
	"url-unknown-scheme": {
		`6: services[0].nodes[0].replicas[1]: unknown scheme "ftp", want http, https, tcp, icmp, ssh, dns, grpc, grpcs, unix, ws or wss`,
	},
	"url-without-host": {
		`6: services[0].nodes[0].replicas[0]: the URL has no host; write https://host`,
	},
	"url-without-scheme": {
		`6: services[0].nodes[0].replicas[0]: the URL has no scheme; begin it with one, such as https:// or tcp://`,
	},
	"variable": {
		`1: reporter.tokens[0].token: environment variable PHAROS_TEST_NOT_SET is not set; set it, or write $$ for a dollar`,
	},
	"wrong-type": {
		`1: parallelism.poll: found "many", want a whole number`,
		`2: services: found a text, want a list`,
	},
}

func TestLoadBad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yml")
	require.NoError(t, err)
	said := map[string][]string{}
	for _, part := range []map[string][]string{bad, badHow, badAround} {
		maps.Copy(said, part)
	}
	require.Len(t, files, len(said))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(file)
			require.Nil(t, c)
			require.Error(t, err)
			got := strings.Split(err.Error(), "\n")
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], file+":")
			}
			require.Equal(t, said[name], got)
			require.NotContains(t, err.Error(), "hunter", "a secret is told")
		})
	}
}
