// SPDX-License-Identifier: Apache-2.0

package config_test

// badHow is what is said of how replicas are asked and scripts are run.
var badHow = map[string][]string{
	"module-and-the-rest": {
		`7: services[0].nodes[0].poll.http_status: the module says that; remove it here, or write it there`,
		`9: services[0].nodes[0].ssh: the module says that; remove it here, or write it there`,
		`8: services[0].nodes[0].tls: only sick_before counts beside a module, which says the rest; remove that here, or write it there`,
		`10: services[0].nodes[0].http: the module says how to ask; remove one of the two`,
		`13: services[0].nodes[0].replicas[0].poll.http_status: the module says that; remove it here, or write it there`,
		`15: services[0].nodes[0].replicas[0].ssh: the module says that; remove it here, or write it there`,
		`14: services[0].nodes[0].replicas[0].tls: only sick_before counts beside a module, which says the rest; remove that here, or write it there`,
	},
	"module-empty": {
		`2: modules.mine: the module is empty; give it a prober`,
		`3: modules.other.prober: unknown prober "carrier_pigeon", want one of http, tcp, dns, icmp, grpc, unix, websocket or ssh`,
	},
	"module-file-bad": {
		`testdata/parts/bad-modules.yml:4: modules.mine.icmp.ttl: is 256, want 0 to 255`,
	},
	"module-file-missing": {
		`2: module_files[0]: open testdata/bad/none.yml: no such file or directory; write the name of a file that is there`,
	},
	"module-in-two-files": {
		`3: module_files[1]: the module "mine" of testdata/parts/more-modules.yml is at testdata/parts/modules.yml already; rename one of them, or remove it`,
	},
	"module-key": {
		`5: unknown key "valid_status_code"; did you mean "valid_status_codes"?`,
	},
	"module-of-another-mode": {
		`2: services[0].nodes[0].module: belongs to mode poll, and the node is in mode push; remove it, or change the mode`,
		`2: services[0].nodes[0].tls: belongs to mode poll, and the node is in mode push; remove it, or change the mode`,
		`2: services[0].nodes[0].ssh: belongs to mode poll, and the node is in mode push; remove it, or change the mode`,
	},
	"module-regexp": {
		"5: modules.mine.http.fail_if_body_matches_regexp[0]: error parsing regexp: missing closing ): `(`; mend the regular expression (RE2 syntax)",
	},
	"module-targets": {
		`4: services[0].nodes[0].replicas[0]: the module asks URLs that begin with http:// or https://; write such a one, or name another module`,
		`4: services[0].nodes[0].replicas[1]: the URL has no host; write http://host`,
		`4: services[0].nodes[0].replicas[2]: not a URL: the port is no number; if that is part of a password, write its / ? # as %2F %3F %23`,
		`4: services[0].nodes[0].replicas[3]: there is no such port, want 1 to 65535`,
		`5: services[0].nodes[1].replicas[0]: the module asks URLs that begin with ws:// or wss://; write such a one, or name another module`,
		`5: services[0].nodes[1].replicas[1]: the module asks URLs that begin with ws:// or wss://; write such a one, or name another module`,
		`6: services[0].nodes[2].replicas[0]: not a host and its port; write host:port`,
		`6: services[0].nodes[2].replicas[1]: the module asks over tcp, and the URL begins with https; write another target, or name another module`,
		`6: services[0].nodes[2].replicas[2]: there is no such port, want 1 to 65535`,
		`6: services[0].nodes[2].replicas[3]: not a host and its port; write host:port`,
		`6: services[0].nodes[2].replicas[4]: the replica has no url; write what the module is to ask`,
		`7: services[0].nodes[3].replicas[0]: not a host; write its name or address, without a port`,
		`7: services[0].nodes[3].replicas[1]: not a host; write its name or address, without a port`,
		`7: services[0].nodes[3].replicas[2]: the module asks over icmp, and the URL begins with tcp; write another target, or name another module`,
		`8: services[0].nodes[4].replicas[0]: the module asks over grpc, and the URL begins with grpcs; write another target, or name another module`,
		`8: services[0].nodes[4].replicas[1]: not a host and its port; write host:port`,
		`8: services[0].nodes[4].replicas[2]: not a host and its port; write host:port`,
		`9: services[0].nodes[5].replicas[0]: the module asks over unix, and the URL begins with tcp; write another target, or name another module`,
		`9: services[0].nodes[5].replicas[1]: not the path of a socket; write one that begins with a slash, or @name`,
	},
	"module-twice": {
		`4: module_files[0]: the module "mine" of testdata/parts/modules.yml is at testdata/bad/module-twice.yml:2 already; rename one of them, or remove it`,
	},
	"module-unknown": {
		`6: services[0].nodes[0].module: there is no module "http_3xx"; add it to modules or module_files, or write one of grpc, grpc_plain, http_2xx, http_post_2xx, icmp, icmp_ttl5, irc_banner, pop3s_banner, smtp_starttls, ssh, ssh_banner, ssh_banner_extract, tcp_connect, tls_connect, unix_connect or websocket`,
	},
	"queue": {
		`7: services[0].nodes[0].rabbitmq_queue: the queue has no name; write {name: QUEUE}`,
		`10: services[0].nodes[1].rabbitmq_queue.name: "a\tb" has a control character; remove it`,
		`13: services[0].nodes[2].rabbitmq_queue.nack_dead_above: is 50, less than nack_healthy_below (100), so a long queue would be dead before it is sick; make it larger`,
		`16: services[0].nodes[3].rabbitmq_queue.interval: is 0s, want more than 0`,
		`16: services[0].nodes[3].rabbitmq_queue.ready_healthy_below: is 30000, more than ready_dead_above (20000), so a long queue would be dead before it is sick; make it smaller`,
	},
	"queue-of-another-mode": {
		`2: services[0].nodes[0].rabbitmq_queue: belongs to mode push, and the node is in mode local; remove it, or change the mode`,
	},
	"queue-without-rabbitmq": {
		`2: services[0].nodes[0].rabbitmq_queue: queues are not read as long as rabbitmq has no api_url; write the address of its management API there`,
	},
	"script-environment": {
		`3: defaults.script.environment[1]: is no name of a variable; write the name alone, such as HTTP_PROXY`,
		`3: defaults.script.environment[2]: is no name of a variable; write the name alone, such as HTTP_PROXY`,
	},
	"script-retries": {
		`3: defaults.script.retries: is 101, want 0 to 100`,
		`4: defaults.script.nagios_unknown: is "warning", want unknown, sick, dead or healthy`,
	},
	"script-steps": {
		`5: defaults.script.steps: "" is no name of a step; use one without white space`,
		`7: defaults.script.steps: "a\a" has a control character; remove it`,
		`6: defaults.script.steps.fetch: the step has no limit; write {sick_after: 2s}, or remove the step`,
		`4: defaults.script.steps: "log in" is no name of a step; use one without white space`,
	},
	"script-steps-negative": {
		`3: defaults.script.steps.send.sick_after: found "-1s", want a duration such as 5s or 2m`,
	},
	"ssh-host-keys": {
		`5: defaults.ssh.host_keys[1]: is no fingerprint of a host key; write SHA256: and 43 characters, as ssh-keygen -l prints it`,
		`6: defaults.ssh.host_keys[2]: is no fingerprint of a host key; write SHA256: and 43 characters, as ssh-keygen -l prints it`,
	},
	"tls": {
		`2: defaults.tls.ca_file: both ca and ca_file are set; keep one`,
		`5: services[0].tls.ca_file: open testdata/bad/none.pem: no such file or directory; make the file readable to this program`,
		`8: services[1].tls.ca: holds no certificate; write those of the authorities, in PEM`,
		`11: services[2].tls.ca_file: holds no certificate; write those of the authorities, in PEM`,
	},
	"tls-certificate": {
		`2: defaults.tls.cert_file: both cert and cert_file are set; keep one`,
		`4: services[0].tls.key_file: both key and key_file are set; keep one`,
		`5: services[1].tls: a key needs its client certificate; set cert_file or cert`,
		`6: services[2].tls: a client certificate needs its key; set key_file or key`,
		`7: services[3].tls.cert_file: open testdata/bad/none.pem: no such file or directory; make the file readable to this program`,
		`7: services[3].tls.key_file: open testdata/bad/none.pem: no such file or directory; make the file readable to this program`,
		`8: services[4].tls.cert_file: testdata/parts/empty is empty; write certificates or keys into it, in PEM`,
		`9: services[5].tls: the client certificate and its key: tls: failed to find any PEM data in certificate input; write both in PEM`,
	},
	"tls-twice": {
		`9: services[0].nodes[0].http.tls: tls stands on the node as well, and means the same; keep one`,
	},
	"tls-version": {
		`2: defaults.tls: no version will do: min_version (TLS13) is above max_version (TLS12)`,
	},
	"tls-version-unknown": {
		`2: defaults.tls.min_version: "SSL3" is no version, want TLS10, TLS11, TLS12 or TLS13`,
	},
	"tls-without-tls": {
		`7: services[0].nodes[0].replicas[0].tls: there is no TLS with this URL; remove it, or write one that has: https, wss, grpcs, or dns with transport=tls`,
		`8: services[0].nodes[0].replicas[1].tls: there is no TLS with this URL; remove it, or write one that has: https, wss, grpcs, or dns with transport=tls`,
		`9: services[0].nodes[0].replicas[2].ssh: belongs to URLs that begin with ssh://; remove it`,
	},
	"url-dns": {
		`7: services[0].nodes[0].replicas[0]: the path is the name to ask for; write one such as dns://server/example.com?type=A`,
		`8: services[0].nodes[0].replicas[1]: the path is the name to ask for; write one such as dns://server/example.com?type=A`,
		`9: services[0].nodes[0].replicas[2]: the path is the name to ask for; write one such as dns://server/example.com?type=A`,
		`10: services[0].nodes[0].replicas[3]: the type in the query is none; write one such as type=AAAA`,
		`11: services[0].nodes[0].replicas[4]: unknown key in the query, want type, class or transport`,
		`12: services[0].nodes[0].replicas[5]: the type in the query is none; write one such as type=AAAA`,
		`13: services[0].nodes[0].replicas[6]: the class in the query is none; write one such as class=IN`,
		`14: services[0].nodes[0].replicas[7]: the transport in the query is none; write one such as transport=tls`,
		`15: services[0].nodes[0].replicas[8]: the query is not one; write ?type=A`,
		`16: services[0].nodes[0].replicas[9]: a URL for dns is dns://server:port/name?type=A and nothing else`,
		`17: services[0].nodes[0].replicas[10]: a URL for dns is dns://server:port/name?type=A and nothing else`,
		`18: services[0].nodes[0].replicas[11]: there is no such port, want 1 to 65535`,
		`19: services[0].nodes[0].replicas[12]: the URL has no host; write dns://host`,
	},
	"url-grpc": {
		`7: services[0].nodes[0].replicas[0]: grpc needs a port; write grpc://host:port/service`,
		`8: services[0].nodes[0].replicas[1]: the path is the name of a service, which has no slash; write one such as /my.Service, or nothing for the server as a whole`,
		`9: services[0].nodes[0].replicas[2]: a URL for grpcs is grpcs://host:port/service and nothing else`,
		`10: services[0].nodes[0].replicas[3]: a URL for grpc is grpc://host:port/service and nothing else`,
	},
	"url-unix": {
		`7: services[0].nodes[0].replicas[0]: a URL for unix is unix:///path/of/socket and nothing else`,
		`8: services[0].nodes[0].replicas[1]: a URL for unix is unix:///path/of/socket and nothing else`,
		`9: services[0].nodes[0].replicas[2]: a URL for unix is unix:///path/of/socket and nothing else`,
		`10: services[0].nodes[0].replicas[3]: the path of the socket has 108 bytes, want at most 107; link it to a shorter one`,
		`11: services[0].nodes[0].replicas[4]: the URL has no scheme; begin it with one, such as https:// or tcp://`,
	},
	"url-websocket": {
		`7: services[0].nodes[0].replicas[0]: the URL has no host; write ws://host`,
		`8: services[0].nodes[0].replicas[1]: there is no such port, want 1 to 65535`,
	},
}
