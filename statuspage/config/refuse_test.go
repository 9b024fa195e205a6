// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"
)

// component puts keys into the only component of a file.
func component(keys string) string {
	return "components:\n- {id: a, group: g, " + keys + "}"
}

func TestLoadRefusesComponents(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]struct{ text, want string }{
		"no id":             {"components:\n- {group: g, expr: up, thresholds: {sick_above: 1}}", ":2: components[0].id: is missing; write one that stays the same when the label changes"},
		"no group":          {"components:\n- id: a\n  expr: up\n  thresholds: {sick_above: 1}", ":2: components[0].group: is missing; write one that stays the same when the label changes"},
		"slash":             {"components:\n- id: a/b\n  group: g\n  expr: up\n  thresholds: {sick_above: 1}", `:2: components[0].id: "a/b" has a slash, which parts a service from its node; write another sign`},
		"long id":           {"components:\n- id: " + strings.Repeat("a", 201) + "\n  group: g\n  expr: up\n  thresholds: {sick_above: 1}", ":2: components[0].id: has 201 bytes; use at most 200"},
		"a parent":          {"components:\n- id: a\n  group: ..\n  expr: up\n  thresholds: {sick_above: 1}", `:3: components[0].group: ".." can't be part of a path; write another one`},
		"control":           {component(`label: "a\nb", expr: up, thresholds: {sick_above: 1}`), ":2: components[0].label: has a control character; remove it"},
		"twice":             {component("expr: up, thresholds: {sick_above: 1}") + "\n- {id: a, group: g, expr: up, thresholds: {sick_above: 1}}", `:3: components[1].id: "a" is already components[0] of group "g"; write another one`},
		"two group labels":  {component("expr: up, group_label: G, thresholds: {sick_above: 1}") + "\n- {id: b, group: g, expr: up, group_label: H, thresholds: {sick_above: 1}}", `:3: components[1].group_label: "H": another component of group "g" says "G"; say it once`},
		"no expression":     {component("thresholds: {sick_above: 1}"), ":2: components[0].expr: is missing; write the PromQL expression whose value is judged"},
		"no PromQL":         {component("expr: 'sum(up', thresholds: {sick_above: 1}"), ":2: components[0].expr: not PromQL: 1:7: parse error: unclosed left parenthesis"},
		"a range":           {component("expr: 'up[5m]', thresholds: {sick_above: 1}"), ":2: components[0].expr: is a range vector; write an expression that is one number at a time, such as sum(rate(errors_total[5m]))"},
		"a text":            {component(`expr: '"a"', latency: '"a"', thresholds: {sick_above: 1}`), ":2: components[0].expr: is a string; write an expression that is one number at a time, such as sum(rate(errors_total[5m]))\nstatuspage.yml:2: components[0].latency: is a string; write an expression that is one number at a time, such as sum(rate(errors_total[5m]))"},
		"long expression":   {component("expr: '" + strings.Repeat("1+", 6000) + "1', thresholds: {sick_above: 1}"), ":2: components[0].expr: has 12001 bytes; use at most 10000, or record a rule"},
		"no meaning":        {component("expr: up"), ":2: components[0]: has neither thresholds nor a mapping; write what its values mean, such as thresholds: {sick_above: 1, dead_above: 5}"},
		"two meanings":      {component("expr: up, thresholds: {sick_above: 1}, mapping: {0: healthy}"), ":2: components[0].mapping: both thresholds and mapping are set; keep one"},
		"dead before sick":  {component("expr: up, thresholds: {sick_above: 5, dead_above: 1}"), ":2: components[0].thresholds.dead_above: 1 is below sick_above, which is 5; nothing would ever be sick"},
		"dead above sick":   {component("expr: up, thresholds: {sick_below: 1, dead_below: 5}"), ":2: components[0].thresholds.dead_below: 5 is above sick_below, which is 1; nothing would ever be sick"},
		"never healthy":     {component("expr: up, thresholds: {sick_below: 5, dead_above: 1}"), ":2: components[0].thresholds: no value is healthy: each is below 5 or above 1; write limits with room between them"},
		"NaN":               {component("expr: up, thresholds: {sick_above: .nan}"), ":2: components[0].thresholds: has .nan or .inf; write numbers"},
		"infinite":          {component("expr: up, thresholds: {sick_below: .inf}"), ":2: components[0].thresholds: has .nan or .inf; write numbers"},
		"no status":         {component("expr: up, mapping: {0: fine}"), `:2: components[0].mapping.0: unknown status "fine", want healthy, sick, dead or unknown`},
		"no number":         {component("expr: up, mapping: {a: dead}"), `:2: components[0].mapping.a: "a" is not a number; write the value in quotation marks, such as "0": healthy`},
		"one number twice":  {component(`expr: up, mapping: {"1": dead, "1.0": healthy}`), `:2: components[0].mapping.1.0: "1" and "1.0" are the same number; keep one`},
		"label of the node": {component("expr: up, mapping: {1: dead}, labels: {service: a}"), ":2: components[0].labels.service: comes from group and id; remove it"},
		"no label":          {component("expr: up, mapping: {1: dead}, labels: {a-b: a}"), `:2: components[0].labels.a-b: "a-b" is not the name of a label; use letters, digits and _`},
		"bad link":          {component("expr: up, mapping: {1: dead}, link: {url: 'javascript:x'}"), `:2: components[0].link.url: "javascript:x" is not an address; write it in full, such as https://status.example.com/`},
	})
}

func TestLoadRefusesPages(t *testing.T) {
	t.Parallel()
	page := func(keys string) string { return "pages:\n- {id: a, hosts: [a.example.com], " + keys + "}" }
	refuses(t, map[string]struct{ text, want string }{
		"language":        {"language: xx", `:1: language: "xx" is not one of the languages of the page; write one of en, fr, de, es, pt, nl, ja, zh, or nothing for the visitor's choice`},
		"its language":    {page("language: xx"), `:2: pages[0].language: "xx" is not one of the languages of the page; write one of en, fr, de, es, pt, nl, ja, zh, or nothing for the visitor's choice`},
		"no origin":       {"branding:\n  csp_sources: [https://a, 'https://a; script-src *']", `:2: branding.csp_sources[1]: "https://a; script-src *" is not an origin; write scheme and host alone, such as https://cdn.example.com`},
		"a keyword":       {"branding: {csp_sources: [\"'unsafe-inline'\"]}", `:1: branding.csp_sources[0]: "'unsafe-inline'" is not an origin; write scheme and host alone, such as https://cdn.example.com`},
		"bad id":          {"pages: [{id: A B, hosts: [a]}]", `:1: pages[0].id: "A B": an id is 1 to 50 letters a to z, digits and hyphens`},
		"main":            {"pages: [{id: main, hosts: [a]}]", `:1: pages[0].id: "main" is taken by another page (main is the one that is no part of pages); write another one`},
		"twice":           {"pages: [{id: b, hosts: [a]}, {id: b, hosts: [c]}]", `:1: pages[1].id: "b" is taken by another page (main is the one that is no part of pages); write another one`},
		"no host":         {"pages:\n- id: b", ":2: pages[0].hosts: is empty; name the host by which visitors ask for the page, such as status.example.com"},
		"a URL":           {"pages: [{id: b, hosts: ['https://a/']}]", `:1: pages[0].hosts[0]: "https://a/" is not the name of a host; write it without scheme, port and path, such as status.example.com`},
		"a port":          {"pages: [{id: b, hosts: ['a:80']}]", `:1: pages[0].hosts[0]: "a:80" is not the name of a host; write it without scheme, port and path, such as status.example.com`},
		"host twice":      {"pages: [{id: b, hosts: [a.b]}, {id: c, hosts: [A.B.]}]", `:1: pages[1].hosts[0]: "a.b" stands twice; one host has one page`},
		"no main matcher": {"select: [web]", `:1: select[0]: "web" is not a matcher; write one such as 'service="web"' or 'service=~"web|api"', with both kinds of quotation marks`},
		"no matcher":      {page("select: [web]"), `:2: pages[0].select[0]: "web" is not a matcher; write one such as 'service="web"' or 'service=~"web|api"', with both kinds of quotation marks`},
		"bad regexp":      {page(`select: ['service=~"("']`), `:2: pages[0].select[0]: "service=~\"(\"" is not a matcher; write one such as 'service="web"' or 'service=~"web|api"', with both kinds of quotation marks`},
		"two matchers":    {page(`select: ['service="a",node="b"']`), `:2: pages[0].select[0]: "service=\"a\",node=\"b\"" is not a matcher; write one such as 'service="web"' or 'service=~"web|api"', with both kinds of quotation marks`},
		"bad brand":       {page("branding: {icon_color: 1;2}"), `:2: pages[0].branding.icon_color: "1;2" is not a color; write one such as "#1972f5", in quotes`},
		"two passwords":   {"access: {password: hunter2, password_file: a}", ":1: access.password_file: both password and password_file are set; keep one"},
		"no hash":         {"access: {password: $2a$10$hunter2}", ":1: access.password: begins like a bcrypt hash and is none; make one with htpasswd -nB NAME, and leave out the name"},
		"costly hash":     {"access: {password: $2a$31$LMQkQxgPqtV3RXBKzt0mHuJ7FuzAfOrCpZ2YjzNS7CsuCLPHBFqFu}", ":1: access.password: is a bcrypt hash of cost 31, which keeps the machine busy at each login; use at most 16"},
		"nobody trusted":  {page("access: {proxy: {header: X-User}}"), ":2: pages[0].access.proxy: has a header and nobody who is trusted; write the addresses of the proxy, such as trusted: [127.0.0.1/32]"},
		"everybody":       {"access: {proxy: {header: X-User, trusted: [\"::/0\"]}}", ":1: access.proxy.trusted[0]: ::/0 trusts everybody with any header; write the addresses of the proxy"},
		"no header":       {"admin: {proxy: {trusted: [10.0.0.0/8]}}", ":1: admin.proxy: has trusted and no header; name the header in which the proxy names the user, such as X-Forwarded-User"},
		"bad header":      {"admin: {proxy: {header: 'X User', trusted: [10.0.0.0/8]}}", `:1: admin.proxy.header: "X User" is not the name of a header; write one such as X-Forwarded-User`},
		"trusts everyone": {"web: {trusted_proxies: [0.0.0.0/0]}", ":1: web.trusted_proxies[0]: 0.0.0.0/0 trusts everybody with any header; write the addresses of the proxy"},
		"no network":      {"admin:\n  proxy: {header: X-User, trusted: [proxy]}", `:2: admin.proxy.trusted[0]: "proxy" is not an address or a network; write one such as 127.0.0.1 or 10.0.0.0/8`},
		"short session":   {"admin: {session_timeout: 5s}", ":1: admin.session_timeout: 5s is too short; use 1m or more"},
		"shorter session": {page("access: {session_timeout: 5s}"), ":2: pages[0].access.session_timeout: 5s is too short; use 1m or more"},
	})
}

func TestLoadRefusesTheRest(t *testing.T) {
	t.Parallel()
	mail := func(keys string) string {
		return "subscribers:\n  email: {smarthost: 'a:25', from: a@example.com, " + keys + "}"
	}
	refuses(t, map[string]struct{ text, want string }{
		"a short token":     {"manager: {token: hunter2}", ":1: manager.token: has 7 characters; use 8 or more, such as openssl rand -hex 16 makes"},
		"a nameless user":   {"admin: {users: [{name: ' ', password: hunter2}]}", ":1: admin.users[0].name: is missing; write the name that this user logs in with"},
		"the program":       {"admin: {users: [{name: pharos, password: hunter2}]}", `:1: admin.users[0].name: "pharos" is the author of what the program does by itself; write another name`},
		"a user twice":      {"admin: {users: [{name: a, password: hunter2}, {name: a, password: hunter2}]}", `:1: admin.users[1].name: "a" stands twice; give each user a name`},
		"no password":       {"admin: {users: [{name: a}]}", ":1: admin.users[0]: has no password; write one into a file, or its bcrypt hash, and name it by password_file"},
		"no database":       {"store: {url: 'mysql://a:hunter2@b/c'}", ":1: store.url: not the address of a PostgreSQL database; write one such as postgres://user:password@host/database, with signs such as @ in the password escaped"},
		"no name of it":     {"store: {url: 'postgres://a:hunter2@b/'}", ":1: store.url: not the address of a PostgreSQL database; write one such as postgres://user:password@host/database, with signs such as @ in the password escaped"},
		"bad escape":        {"store: {url: 'postgres://a:hunter2%@b/c'}", ":1: store.url: not the address of a PostgreSQL database; write one such as postgres://user:password@host/database, with signs such as @ in the password escaped"},
		"no store file":     {"store: {url_file: /nowhere/url}", ":1: store.url_file: open /nowhere/url: no such file or directory; write the secret into it"},
		"no policy":         {"incidents: {from_alerts: {policy: always}}", `:1: incidents.from_alerts.policy: "always" is no policy; write off, draft or publish`},
		"a rule without":    {"incidents: {from_alerts: {rules: [{services: [a]}]}}", `:1: incidents.from_alerts.rules[0].policy: "" is no policy; write off, draft or publish`},
		"a rule too early":  {"incidents: {from_alerts: {rules: [{policy: draft}, {services: [a], policy: draft}]}}", ":1: incidents.from_alerts.rules[0]: fits everything, so that the rules after it never hold; put it at the end"},
		"an empty severity": {"incidents: {from_alerts: {rules: [{severities: [''], policy: draft}]}}", ":1: incidents.from_alerts.rules[0]: names an empty service or severity; leave the key out for each"},
		"nobody":            {"subscribers: {max: 0}", ":1: subscribers.max: 0 is not between 1 and 1000000"},
		"no port":           {"subscribers: {email: {smarthost: a, from: a@example.com}}", `:1: subscribers.email.smarthost: "a" is not host:port; write it such as smtp.example.com:587`},
		"bad port":          {"subscribers: {email: {smarthost: 'a:99999', from: a@example.com}}", `:1: subscribers.email.smarthost: "a:99999" is not host:port; write it such as smtp.example.com:587`},
		"no sender":         {"subscribers: {email: {smarthost: 'a:25'}}", `:1: subscribers.email.from: "" is not the address of a sender; write one such as Status <status@example.com>`},
		"no server":         {"subscribers: {email: {from: a@example.com}}", ":1: subscribers.email: has no smarthost; write the server that sends the mail, such as smtp.example.com:587"},
		"bad hello":         {mail("hello: a b"), `:2: subscribers.email.hello: "a b" is not the name of a host`},
		"no user":           {mail("auth_password: hunter2"), ":2: subscribers.email.auth_username: is missing, and there is a password; write the user, or remove the password"},
		"no mail password":  {mail("auth_username: a"), ":2: subscribers.email: has auth_username and no password; write it into a file, and name that by auth_password_file"},
		"in the clear":      {mail("auth_username: a, auth_password: hunter2, require_tls: false"), ":2: subscribers.email.require_tls: without TLS everyone on the way could read the password; remove require_tls: false, or auth_username"},
		"no CA":             {mail("tls_config: {ca_file: /nowhere/ca.pem}"), ":2: subscribers.email.tls_config: unable to read CA cert: unable to read file /nowhere/ca.pem: open /nowhere/ca.pem: no such file or directory"},
		"exported too fast": {"export: {every: 5ms}", ":1: export.every: 5ms is too short; use 1s or more"},
	})
}
