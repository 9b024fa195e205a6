// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"math"
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// amText returns a text as it stands in a template of Alertmanager.
func amText(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }

// absolute returns the path of a file as Alertmanager needs it.
func (n *notifier) absolute(name string) string { return filepath.Join(n.c.options.Dir, name) }

func (n *notifier) email(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(alertmanagerFile, "receivers.email_configs")
	from, to := n.mailbox(s.need("from")), n.mailbox(s.need("to"))
	b.put("to", amText(to.value), nil, to.origin, "")
	sender := mail.Address{Name: n.page.title.value, Address: from.value}
	b.put("from", amText(sender.String()), nil, from.origin, "")
	n.smtp(b, s)
	only := s.flag("reminders_only", false)
	s.done()
	b.m = append(b.m,
		configfile.Entry{Key: "headers", Value: configfile.Flow{Value: configfile.Map{{Key: "Subject", Value: `{{ template "vigil.title" . }}`}}}},
		configfile.Entry{Key: "text", Value: `{{ template "vigil.message" . }}`},
		configfile.Entry{Key: "html", Value: "", After: "plain text, as from Vigil"})
	n.receive("email_configs", only, b.m)
}

// smtp puts how mail is handed over.
func (n *notifier) smtp(b *block, s *section) {
	host, port := s.text("smtp_host", "localhost"), s.number("smtp_port", 587, 1, math.MaxUint16)
	if !isHost(host.value) {
		n.c.failAt(host.src, "%q is no host; write its name or its address", host.value)
	}
	server := net.JoinHostPort(strings.Trim(host.value, "[]"), strconv.Itoa(port.value))
	smarthost := host.origin
	if !smarthost.set {
		smarthost = port.origin
	}
	b.put("smarthost", server, nil, smarthost, "")
	if host.set {
		n.c.note(port.origin, alertmanagerFile+": receivers.email_configs.smarthost", "")
	}
	user, password := s.text("smtp_username", ""), s.text("smtp_password", "")
	if user.set && password.set {
		b.put("auth_username", user.value, nil, user.origin, "")
		n.secretFile(b, "auth_password_file", "smtp.password", n.absolute("smtp.password"), password)
	} else {
		n.c.missing(user.origin, "Without smtp_password it has no effect, as in Vigil.")
		n.c.missing(password.origin, "Without smtp_username it has no effect, as in Vigil.")
	}
	encrypt, differs := s.flag("smtp_encrypt", true), ""
	secret := user.set && password.set && !isHere(host.value)
	switch {
	case !encrypt.value && secret:
		differs = "Mail is sent encrypted alone now, by STARTTLS, as Vigil did if the server could. It would have sent it unencrypted, too, password and all; Alertmanager shows a password to nobody but this machine."
	case !encrypt.value:
		differs = "Mail is not encrypted then, where Vigil encrypted it if the server could. Set require_tls: true if the server has STARTTLS."
	case port.value == 465:
		differs = "At port 465 Alertmanager begins with TLS at once, and needs no STARTTLS."
	}
	b.m = append(b.m, configfile.Entry{Key: "require_tls", Value: encrypt.value || secret, After: encrypt.after()})
	n.c.note(encrypt.origin, alertmanagerFile+": receivers.email_configs.require_tls", differs)
}

// isHere tells whether a host is this machine, to which Alertmanager sends a password
// without encryption.
func isHere(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1", "[::1]"}, host)
}

// isHost tells whether a text may be the name or the address of a host.
func isHost(text string) bool {
	if net.ParseIP(strings.Trim(text, "[]")) != nil {
		return true
	}
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune("/:@[]%?#", r) })
}

func (n *notifier) mailbox(s setting[string]) setting[string] {
	a, err := mail.ParseAddress(s.value)
	if s.set && (err != nil || a.Name != "" || strings.ContainsAny(s.value, "<>")) {
		n.c.failAt(s.src, "not an address; write one such as status@example.com")
		return s
	}
	return s
}

func (n *notifier) slack(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(alertmanagerFile, "receivers.slack_configs")
	address := n.hook(s.need("hook_url"))
	n.secretFile(b, "api_url_file", "slack.url", n.absolute("slack.url"), address)
	if !isSlack(address.value) {
		n.c.note(s.here(), alertmanagerFile+": receivers.slack_configs", "This is not Slack's own address. Alertmanager takes nothing but Slack's answer (ok) for success, and tells again every 10 s otherwise, "+
			"where any 2xx was enough for Vigil. If that happens, tell it by a channel http in bridge.yml.")
	}
	mention := s.flag("mention_channel", false)
	if mention.value {
		b.put("pretext", "<!channel>", nil, mention.origin, "")
	} else {
		n.c.note(mention.origin, alertmanagerFile+": receivers.slack_configs", "")
	}
	only := s.flag("reminders_only", false)
	s.done()
	b.m = append(b.m,
		configfile.Entry{Key: "username", Value: "", After: "the name of the hook, as from Vigil"},
		configfile.Entry{Key: "title", Value: `{{ template "vigil.title" . }}`},
		configfile.Entry{Key: "title_link", Value: `{{ template "vigil.url" . }}`},
		configfile.Entry{Key: "text", Value: `{{ template "vigil.text" . }}`},
		configfile.Entry{Key: "fallback", Value: `{{ template "vigil.title" . }}`},
		configfile.Entry{Key: "color", Value: `{{ if eq (print .CommonLabels.alertname) "PharosStarted" }}good{{ else if eq .Status "firing" }}danger{{ else }}good{{ end }}`})
	n.receive("slack_configs", only, b.m)
}

// isSlack tells whether a hook is one of Slack's own.
func isSlack(hook string) bool {
	u, err := url.Parse(hook)
	return err == nil && (strings.HasSuffix(u.Hostname(), ".slack.com") || strings.HasSuffix(u.Hostname(), ".slack-gov.com"))
}

// telegram goes by Alertmanager, which knows chats by their numbers alone, or else by
// the bridge.
func (n *notifier) telegram(s *section) {
	if !s.present() {
		return
	}
	token, chat := n.token(s.need("bot_token")), s.need("chat_id")
	thread := s.number("message_thread_id", 0, 0, math.MaxInt32)
	only := s.flag("reminders_only", false)
	s.done()
	id, err := strconv.Atoi(chat.value)
	if chat.set && (err != nil || id == 0) {
		n.telegramByName(token, chat, thread, only)
		return
	}
	b := n.settings(alertmanagerFile, "receivers.telegram_configs")
	n.secretFile(b, "bot_token_file", "telegram.token", n.absolute("telegram.token"), token)
	b.put("chat_id", id, nil, chat.origin, "")
	b.put("message_thread_id", thread.value, 0, thread.origin, "")
	b.m = append(b.m,
		configfile.Entry{Key: "parse_mode", Value: "", After: "plain text: nothing in a name is markup"},
		configfile.Entry{Key: "message", Value: `{{ template "vigil.message" . }}`})
	n.receive("telegram_configs", only, b.m)
}

func (n *notifier) webex(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(alertmanagerFile, "receivers.webex_configs")
	endpoint := n.address(s.need("endpoint_url"))
	b.put("api_url", endpoint.value, nil, endpoint.origin, "")
	room := s.need("room_id")
	if room.set && room.value == "" {
		n.c.failAt(room.src, "is empty; write the id of the room")
	}
	b.put("room_id", amText(room.value), nil, room.origin, "")
	token := n.token(s.need("token"))
	n.c.keep("webex.token", token)
	only := s.flag("reminders_only", false)
	s.done()
	b.m = append(b.m,
		configfile.Entry{Key: "http_config", Value: configfile.Flow{Value: configfile.Map{
			{Key: "authorization", Value: configfile.Map{{Key: "type", Value: "Bearer"}, {Key: "credentials_file", Value: "webex.token"}}},
		}}, After: token.after()},
		configfile.Entry{Key: "message", Value: `{{ template "vigil.message" . }}`})
	n.receive("webex_configs", only, b.m)
}
