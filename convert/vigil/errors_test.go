// SPDX-License-Identifier: Apache-2.0

package vigil_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/vigil"
)

// head is what every file begins with, in five lines.
const head = `server = { manager_token = "long-enough", reporter_token = "r" }
[branding]
page_url = "https://status.example.com/"
[[probe.service]]
id = "web"
`

// service is a whole service behind head.
const service = head + `label = "Web"
[[probe.service.node]]
id = "a"
label = "A"
`

const polled = service + `mode = "poll"
replicas = ["https://a.example.com/"]
`

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"x = ", "a.cfg:1: expected value, not end of input; mend the TOML"},
		{polled + "a = 1\na = 2\n", "a.cfg:13: a: key a is already defined; mend the TOML"},
		{"\xff", "a.cfg:1: is not UTF-8; save the file as UTF-8"},
		{"# a\n\n\xc3\x28", "a.cfg:3: is not UTF-8; save the file as UTF-8"},
		{strings.Repeat("#", convert.MaxSource+1), "a.cfg: has more than 16 MiB; that is no configuration of Vigil"},
		{"a = " + strings.Repeat("[", 20000), "a.cfg:1: arrays and inline tables are nested more than the maximum of 10000 levels deep; mend the TOML"},
		{polled + "[server2]\n", `a.cfg:12: server2: unknown key; did you mean "server"?`},
		{polled + "[metrics]\npoll_intervall = 5\n", `a.cfg:13: metrics.poll_intervall: unknown key; did you mean "poll_interval"?`},
		{polled + "nonsense = 5\n", "a.cfg:12: probe.service.node.nonsense: unknown key; remove it, or write one of "},
		{polled + "[metrics]\npoll_interval = \"5\"\n", "a.cfg:13: metrics.poll_interval: found a text, want a whole number"},
		{polled + "[metrics]\npoll_interval = 1979-05-27\n", "a.cfg:13: metrics.poll_interval: found a date or a number that is too large, want a whole number"},
		{polled + "[metrics]\npoll_interval = 0\n", "a.cfg:13: metrics.poll_interval: is 0, want 1 to 315360000"},
		{polled + "[metrics]\npush_system_cpu_sick_above = inf\n", "a.cfg:13: metrics.push_system_cpu_sick_above: is +Inf, want a ratio above 0, such as 0.90"},
		{polled + "[metrics]\npoll_http_status_healthy_below = 200\n", "a.cfg:13: metrics.poll_http_status_healthy_below: no status is healthy: "},
		{polled + "metrics = 5\n", "a.cfg:12: probe.service.node.metrics: unknown key; "},
		{"metrics = 5\n" + polled, "a.cfg:1: metrics: found a whole number, want a table; write [metrics]"},
		{polled + "[server]\n", "a.cfg:12: "},
		{"server = { manager_token = \"long-enough\" }", "a.cfg:1: server.reporter_token: is missing; Vigil needs it, too, so write it"},
		{"server = { manager_token = \"short\" }", "a.cfg:1: server.manager_token: has 5 characters, want 8 or more; choose a longer one, here and in what announces by it"},
		{"server = { reporter_token = \"\" }", "a.cfg:1: server.reporter_token: is empty, or has white space around it, which a file that holds a secret can't keep; choose another"},
		{"server = { log_level = \"loud\" }", `a.cfg:1: server.log_level: is "loud", want debug, info, warn or error`},
		{"a = \"${UNSET}\" # ${NEITHER}\nb = \"${ALSO}\"\n", "a.cfg:1: the variable UNSET is not set; set it to what it is for Vigil\na.cfg:2: the variable ALSO is not set; set it to what it is for Vigil"},
		{"a = ${UNSET}\n", "a.cfg:1: the variable UNSET is not set; set it to what it is for Vigil"},
		{"a = \"${LINES}\"\n[x\n", "a.cfg:1: basic strings cannot have new lines; mend the TOML"},
		{"a = \"\"\"${LINES}\"\"\"\n[x\n", "a.cfg:2: "},
		{"a = \"${BINARY}\"\n", "a.cfg:1: the variable BINARY holds what is not UTF-8; set it to a text"},
		{"[branding]\npage_url = \"status\"", "a.cfg:2: branding.page_url: \"status\" is not an address; write it in full, such as https://status.example.com/"},
		{"[branding]\nlogo_url = \"logo.svg\"", "a.cfg:2: branding.logo_url: is not an address; write it in full, such as https://example.com/"},
		{"[branding]\nlogo_color = \"#12\"", `a.cfg:2: branding.logo_color: "#12" is not a color; write one such as "#1972F5"`},
		{"[probe]\n", "a.cfg:1: probe: nothing is watched; write at least one [[probe.service]]"},
		{head, "a.cfg:4: probe.service: the service has no nodes; write at least one [[probe.service.node]], or remove the service"},
		{service, "a.cfg:7: probe.service.node.mode: is missing; Vigil needs it, too, so write it"},
		{service + "mode = \"pull\"\n", `a.cfg:10: probe.service.node.mode: unknown mode "pull", want one of poll, script, push, local`},
		{service + "mode = \"poll\"\n", "a.cfg:4: probe: nothing is watched, since all nodes are empty; write replicas or scripts"},
		{service + "mode = \"push\"\nreplicas = [\"tcp://a:1\"]\n", "a.cfg:11: probe.service.node.replicas: a node in mode push has no replicas; remove them, or make the mode poll"},
		{service + "mode = \"push\"\nscripts = [\"exit 0\"]\n", "a.cfg:11: probe.service.node.scripts: a node in mode push has no scripts; remove them, or make the mode script"},
		{service + "mode = \"script\"\nscripts = [\"exit 0\",\n\" \"]\n", "a.cfg:12: probe.service.node.scripts[1]: the script is empty, or has a NUL character; write a text for the shell, or remove it"},
		{service + "mode = \"poll\"\nreplicas = [\"tcp://a:1\",\n# no port\n\"tcp://a\"]\n", "a.cfg:13: probe.service.node.replicas[1]: tcp needs a port; write tcp://host:port"},
		{service + "mode = \"poll\"\nreplicas = [5]\n", "a.cfg:11: probe.service.node.replicas[0]: found a whole number, want a text in quotation marks"},
		{strings.Replace(polled, `"web"`, `"a/b"`, 1), `a.cfg:5: probe.service.id: "a/b" can't be part of a path; choose an id without a slash, here and in what reports to it`},
		{strings.Replace(polled, `"web"`, `""`, 1), `a.cfg:5: probe.service.id: "" is empty or has a control character; choose another id, here and in what reports to it`},
		{strings.Replace(polled, "web", strings.Repeat("x", 201), 1), `a.cfg:5: probe.service.id: has 201 bytes, want at most 200; choose a shorter id, here and in what reports to it`},
		{polled + "[[probe.service.node]]\nid = \"a\"\nlabel = \"A\"\nmode = \"push\"\n", `a.cfg:13: probe.service.node.id: duplicate id "a"; it is at line 8 already, so give this one another`},
		{polled + "http_method = \"GIT\"\n", `a.cfg:12: probe.service.node.http_method: unknown method "GIT", want one of HEAD, GET, POST, PUT, PATCH`},
		{polled + "http_method = \"HEAD\"\nhttp_body_healthy_match = \"x\"\n", "a.cfg:13: probe.service.node.http_body_healthy_match: the answer to HEAD has no body, so it could never match; set http_method to GET, or remove it"},
		{polled + "http_body_healthy_match = \"(?=x)\"\n", "a.cfg:12: probe.service.node.http_body_healthy_match: error parsing regexp: invalid or unsupported Perl syntax: `(?=`; write the regular expression as RE2 has it"},
		{polled + "http_headers = { \"a b\" = \"x\" }\n", "a.cfg:12: probe.service.node.http_headers: the name of a header has a character that none can have; write \"Name\" = \"value\""},
		{polled + "http_headers = { a = \"x\\n\" }\n", "a.cfg:12: probe.service.node.http_headers.a: the value has a character that no header can have; remove it"},
		{polled + "http_headers = { a = \"x\", A = \"y\" }\n", "a.cfg:12: probe.service.node.http_headers.A: duplicate header A; keep one"},
		{polled + "[plugins.rabbitmq]\n", "a.cfg:12: plugins.rabbitmq.api_url: is missing; Vigil needs it, too, so write it"},
		{polled + "[plugins.rabbitmq]\napi_url = \"http://u:p@h\"\n", "a.cfg:13: plugins.rabbitmq.api_url: an address holds no user and password; write them as auth_username and auth_password"},
		{polled + "[notify]\nreminder_interval = 5\nreminder_backoff_function = \"exp\"\n", `a.cfg:14: notify.reminder_backoff_function: is "exp", want one of none, linear, square, cubic`},
		{polled + "[notify]\nreminder_interval = 2592001\n", "a.cfg:13: notify.reminder_interval: is 2592001, want at most 2592000 (30 days)"},
		{polled + "[notify.email]\nfrom = \"x\"\n", "a.cfg:13: notify.email.from: not an address; write one such as status@example.com"},
		{polled + "[notify.email]\nsmtp_host = \"a b\"\n", `a.cfg:13: notify.email.smtp_host: "a b" is no host; write its name or its address`},
		{polled + "[notify.twilio]\nto = [\"+336xxxxxxx\"]\n", `a.cfg:13: notify.twilio.to[0]: not a phone number; write it with + and the code of the country, such as "+41791234567"`},
		{polled + "[notify.twilio]\naccount_sid = \"x\"\n", "a.cfg:13: notify.twilio.account_sid: not an account; write AC and the 32 digits that Twilio's console shows"},
		{polled + "[notify.twilio]\nservice_sid = \"x\"\n", "a.cfg:13: notify.twilio.service_sid: not a messaging service; write MG and the 32 digits that Twilio's console shows"},
		{polled + "[notify.slack]\nhook_url = \"hooks\"\n", "a.cfg:13: notify.slack.hook_url: not an address; write it in full, such as https://hooks.example.com/a1b2c3"},
		{polled + "[notify.zulip]\napi_url = \"https://z.example.com\"\n", "a.cfg:13: notify.zulip.api_url: not the address of the API; write one such as https://example.zulipchat.com/api/v1/"},
		{polled + "[notify.zulip]\nbot_email = \"bot\"\n", "a.cfg:13: notify.zulip.bot_email: not an address; write the one that Zulip shows of the bot"},
		{polled + "[notify.zulip]\nchannel = \"#x\"\n", "a.cfg:13: notify.zulip.channel: not the name of a channel; write it without #"},
		{polled + "[notify.pushover]\nuser_keys = [\"xxxx\"]\n", "a.cfg:13: notify.pushover.user_keys[0]: not one of Pushover; copy the 30 letters and digits that it shows"},
		{polled + "[notify.gotify]\napp_token = \"a b\"\n", "a.cfg:13: notify.gotify.app_token: holds white space, or what is not ASCII; copy it again"},
		{polled + "[notify.gotify]\napp_url = \"https://u@h\"\n", "a.cfg:13: notify.gotify.app_url: an address of a service holds no user, password, query or fragment; remove them"},
		{polled + "[notify.xmpp]\nto = \"x\"\n", "a.cfg:13: notify.xmpp.to: not the address of a person; write one such as alice@example.com, without a resource"},
		{polled + "[notify.xmpp]\nfrom = \"x\"\nxmpp_password = \"p\"\n", "a.cfg:13: notify.xmpp.from: the address has nothing before the @; write that of an account"},
		{polled + "[notify.matrix]\nroom_id = \"x\"\n", `a.cfg:13: notify.matrix.room_id: not a room; write its id, such as "!id:example.com"`},
		{polled + "[notify.telegram]\nchat_id = \"{{\"\n", `a.cfg:13: notify.telegram.chat_id: "{{" is no chat; write its number, or its name such as "@operations"`},
		{polled + "[notify.webex]\nroom_id = \"\"\n", "a.cfg:13: notify.webex.room_id: is empty; write the id of the room"},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			r, err := vigil.Convert("a.cfg", []byte(test.text), convert.Options{Lookup: func(name string) (string, bool) {
				value, ok := map[string]string{"LINES": "a\nb\nc", "BINARY": "\xff"}[name]
				return value, ok
			}})
			require.ErrorContains(t, err, test.want)
			require.ErrorAs(t, err, new(convert.Errors))
			require.Empty(t, r)
		})
	}
}

func TestLocalErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[report]\nendpoint = \"status\"\ntoken = \"t\"\n":                      "a.cfg:2: report.endpoint: not an address; write one such as https://status.example.com",
		"[report]\nendpoint = \"https://a:b@status.example.com\"\n":             "a.cfg:2: report.endpoint: an address of a server holds no user, password, query or fragment; remove them",
		"[report]\nendpoint = \"https://status.example.com\"\n":                 "a.cfg:1: report.token: is missing; Vigil needs it, too, so write it",
		"[[probe.service]]\nid = \"a\"\nnode = [{id = \"a\", mode = \"push\"}]": `a.cfg:3: probe.service.node[0].mode: unknown mode "push", want one of poll, script`,
		"[[probe.service]]\nlabel = \"a\"\n":                                    "a.cfg:2: probe.service.label: unknown key",
	} {
		_, err := vigil.ConvertLocal("a.cfg", []byte(text), convert.Options{})
		require.ErrorContains(t, err, want, text)
	}
}
