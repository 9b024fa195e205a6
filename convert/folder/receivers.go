// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// A Receiver is somebody to be told, as far as it does not matter by what.
type Receiver struct {
	Name     string
	Resolved bool // also of the end
	From     *tree.Value
}

// add makes a receiver of Alertmanager, and returns its name.
func (f *Folder) add(r Receiver, key string, settings configfile.Map) string {
	if f.receiving == nil {
		f.receiving = names{nobody: 1}
	}
	name, _ := f.receiving.take(r.Name, "receiver")
	settings = append(settings, configfile.Entry{Key: "send_resolved", Value: r.Resolved})
	f.receivers = append(f.receivers, configfile.Map{
		{Key: "name", Value: name, Above: r.From.Source().String()},
		{Key: key, Value: []configfile.Map{settings}},
	})
	return name
}

// absolute returns where Alertmanager finds a file of the folder.
func (f *Folder) absolute(name string) string { return filepath.Join(f.dir, name) }

// Neutral returns a text that stands for itself in a template.
func Neutral(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }

// Hook is a receiver that is all in an address, such as Slack: the key of its
// settings in Alertmanager, and of the file of the address.
func (f *Folder) Hook(r Receiver, kind, fileKey string, address *tree.Value) string {
	name := f.hook(kind+".url", address)
	m := configfile.Map{{Key: fileKey, Value: f.absolute(name), After: address.Source().String()}}
	return f.add(r, kind+"_configs", worded(m, hookWords(kind)...))
}

// hook puts an address into a file.
func (f *Folder) hook(wanted string, address *tree.Value) string {
	text := strings.TrimSpace(address.Text())
	if address != nil && !IsWebAddress(text) {
		address.Fail("not an address; write one such as https://hooks.example.com/a1b2c3")
		return wanted
	}
	return f.Secret(wanted, text, address)
}

// IsWebAddress tells whether a text is the address of something in the web.
func IsWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !strings.ContainsAny(text, " \t\r\n")
}

// IsBase tells whether a text is the address that an API begins with.
func IsBase(text string) bool {
	u, err := url.Parse(text)
	return IsWebAddress(text) && err == nil && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// PagerDuty is a receiver with an integration key of the Events API v2.
func (f *Folder) PagerDuty(r Receiver, key *tree.Value) string {
	name := f.Secret("pagerduty.key", key.Text(), key)
	return f.add(r, "pagerduty_configs", configfile.Map{
		{Key: "routing_key_file", Value: f.absolute(name), After: key.Source().String()},
		{Key: "description", Value: titleWords},
	})
}

// Opsgenie is a receiver with a key of the API, at Opsgenie in Europe or elsewhere.
func (f *Folder) Opsgenie(r Receiver, key *tree.Value, europe bool) string {
	name := f.Secret("opsgenie.key", key.Text(), key)
	m := configfile.Map{{Key: "api_key_file", Value: f.absolute(name), After: key.Source().String()}}
	if europe {
		m = append(m, configfile.Entry{Key: "api_url", Value: "https://api.eu.opsgenie.com/"})
	}
	return f.add(r, "opsgenie_configs", worded(m, configfile.Entry{Key: "message", Value: titleWords}, configfile.Entry{Key: "description", Value: textWords}))
}

// Telegram is a receiver with the token of a bot and the number of a chat; thread may
// be nil.
func (f *Folder) Telegram(r Receiver, token, chat, thread *tree.Value) string {
	id, err := strconv.ParseInt(strings.TrimSpace(chat.Text()), 10, 64)
	if err != nil || id == 0 {
		chat.Fail("the chat has to be a number, such as -1001234567890; ask @userinfobot for that of a name")
		return ""
	}
	name := f.Secret("telegram.token", token.Text(), token)
	m := configfile.Map{
		{Key: "bot_token_file", Value: f.absolute(name), After: token.Source().String()},
		{Key: "chat_id", Value: int(id), After: chat.Source().String()},
	}
	if thread != nil && thread.Text() != "" {
		m = append(m, configfile.Entry{Key: "message_thread_id", Value: thread.Int(0, 0, 1<<31-1), After: thread.Source().String()})
	}
	return f.add(r, "telegram_configs", worded(m, configfile.Entry{Key: "message", Value: messageWords}, configfile.Entry{Key: "parse_mode", Value: ""}))
}

// Pushover is a receiver with the token of an application and the key of a user.
func (f *Folder) Pushover(r Receiver, token, user *tree.Value, rest configfile.Map) string {
	m := configfile.Map{
		{Key: "token_file", Value: f.absolute(f.Secret("pushover.token", token.Text(), token)), After: token.Source().String()},
		{Key: "user_key_file", Value: f.absolute(f.Secret("pushover.user", user.Text(), user)), After: user.Source().String()},
	}
	m = append(m, rest...)
	return f.add(r, "pushover_configs", worded(m, configfile.Entry{Key: "title", Value: titleWords}, configfile.Entry{Key: "message", Value: textWords}))
}

// Mail is what an e-mail needs. User and Password may be nil.
type Mail struct {
	Host, Port, From, To, User, Password *tree.Value
	Insecure                             bool // any certificate will do
	Plain                                bool // without TLS: Alertmanager has it always or never
}

// Email is a receiver of e-mail.
func (f *Folder) Email(r Receiver, m Mail) string {
	host, port := strings.TrimSpace(m.Host.Text()), m.Port.Int(587, 1, 65535)
	from, to := m.From.Text(), m.To.Text()
	switch {
	case host == "" || strings.ContainsAny(host, ":/@ \t\r\n"):
		r.From.Fail("the mail needs the name of a mail server; set its host")
		return ""
	case strings.TrimSpace(from) == "":
		r.From.Fail("the mail needs an address that it is from; set it")
		return ""
	case strings.TrimSpace(to) == "":
		r.From.Fail("the mail needs an address that it goes to; set it")
		return ""
	}
	out := configfile.Map{
		{Key: "to", Value: Neutral(to), After: m.To.Source().String()},
		{Key: "from", Value: Neutral(from), After: m.From.Source().String()},
		{Key: "smarthost", Value: host + ":" + strconv.Itoa(port), After: m.Host.Source().String()},
	}
	if user := m.User.Text(); user != "" && m.Password.Text() != "" {
		out = append(out,
			configfile.Entry{Key: "auth_username", Value: user, After: m.User.Source().String()},
			configfile.Entry{Key: "auth_password_file", Value: f.absolute(f.Secret("smtp.password", m.Password.Text(), m.Password)), After: m.Password.Source().String()})
	}
	if m.Plain {
		out = append(out, configfile.Entry{Key: "require_tls", Value: false})
	}
	if m.Insecure {
		out = append(out, configfile.Entry{Key: "tls_config", Value: configfile.Map{{Key: "insecure_skip_verify", Value: true}}})
	}
	return f.add(r, "email_configs", append(out,
		configfile.Entry{Key: "headers", Value: configfile.Flow{Value: configfile.Map{{Key: "Subject", Value: titleWords}}}},
		configfile.Entry{Key: "text", Value: messageWords},
		configfile.Entry{Key: "html", Value: "", After: "plain text"}))
}

// Here tells whether a host is this machine, which is the only one that Alertmanager
// shows a password to without TLS.
func Here(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, strings.TrimSpace(host))
}
