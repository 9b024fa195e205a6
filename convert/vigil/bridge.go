// SPDX-License-Identifier: Apache-2.0

package vigil

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/pharos-status/pharos/bridge/xmpp"
	"github.com/pharos-status/pharos/internal/configfile"
)

const bridgeFile = "bridge.yml"

// What Twilio and Pushover call things, as bridge.yml takes them.
var (
	twilioAccount = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	twilioService = regexp.MustCompile(`^MG[0-9a-f]{32}$`)
	phoneNumber   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	pushoverKey   = regexp.MustCompile(`^[A-Za-z0-9]{30}$`)
)

// writeBridge makes bridge.yml, if a channel goes by it.
func (n *notifier) writeBridge() {
	if len(n.bridge) == 0 {
		return
	}
	page := block{c: n.c, file: bridgeFile, path: "page"}
	page.m = configfile.Map{
		{Key: "title", Value: configfile.Literal(n.page.title.value), After: n.page.title.after()},
		{Key: "url", Value: configfile.Literal(n.page.url.value), After: n.page.url.after()},
	}
	var channels []configfile.Map
	for _, entry := range n.bridge {
		ch, _ := entry.Value.(configfile.Map)
		channels = append(channels, append(configfile.Map{{Key: "name", Value: entry.Key}}, ch...))
	}
	n.c.write(bridgeFile, false, configfile.Map{{Key: "page", Value: page.m}, {Key: "channels", Value: channels}})
}

// fits checks a text against what the bridge takes.
func (n *notifier) fits(s setting[string], pattern *regexp.Regexp, hint string) setting[string] {
	if s.set && !pattern.MatchString(s.value) {
		n.c.failAt(s.src, "%s", hint)
	}
	return s
}

func (n *notifier) twilio(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(bridgeFile, "channels.twilio")
	b.text("account_sid", n.fits(s.need("account_sid"), twilioAccount, "not an account; write AC and the 32 digits that Twilio's console shows"), "", "")
	n.secretFile(b, "auth_token_file", "twilio.token", "twilio.token", s.need("auth_token"))
	b.text("messaging_service_sid", n.fits(s.need("service_sid"), twilioService, "not a messaging service; write MG and the 32 digits that Twilio's console shows"), "", "")
	to, of := s.texts("to")
	var numbers []string
	seen := map[string]bool{}
	for _, number := range to {
		n.fits(number, phoneNumber, "not a phone number; write it with + and the code of the country, such as \"+41791234567\"")
		if !seen[number.value] {
			numbers = append(numbers, number.value)
		}
		seen[number.value] = true
		of.vars = append(of.vars, number.vars...)
	}
	if len(numbers) == 0 {
		n.c.failAt(s.here().src, "nobody is told; write to = [\"+41791234567\"]")
	}
	b.put("to", numbers, nil, of, "")
	only := s.flag("reminders_only", false)
	s.done()
	n.viaBridge("twilio", "twilio", only, b.m)
}

func (n *notifier) zulip(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(bridgeFile, "channels.zulip")
	site, isAPI := n.address(s.need("api_url")), false
	if site.value, isAPI = strings.CutSuffix(site.value, "/api/v1"); site.set && !isAPI {
		n.c.failAt(site.src, "not the address of the API; write one such as https://example.zulipchat.com/api/v1/")
	}
	b.text("site", site, "", "")
	bot := s.need("bot_email")
	if bot.set && (!strings.Contains(bot.value, "@") || strings.ContainsAny(bot.value, ": ")) {
		n.c.failAt(bot.src, "not an address; write the one that Zulip shows of the bot")
	}
	b.text("bot_email", bot, "", "")
	n.secretFile(b, "api_key_file", "zulip.key", "zulip.key", n.token(s.need("bot_api_key")))
	stream := s.need("channel")
	if stream.set && (strings.TrimSpace(stream.value) == "" || strings.HasPrefix(stream.value, "#")) {
		n.c.failAt(stream.src, "not the name of a channel; write it without #")
	}
	b.put("streams", configfile.Flow{Value: []string{configfile.Literal(stream.value)}}, nil, stream.origin, "")
	b.m = append(b.m, configfile.Entry{Key: "topic", Value: "Vigil status", After: "the topic of Vigil"})
	only := s.flag("reminders_only", false)
	s.done()
	n.viaBridge("zulip", "zulip", only, b.m)
}

func (n *notifier) pushover(s *section) {
	if !s.present() {
		return
	}
	const hint = "not one of Pushover; copy the 30 letters and digits that it shows"
	b := n.settings(bridgeFile, "channels.pushover")
	n.secretFile(b, "token_file", "pushover.token", "pushover.token", n.fits(s.need("app_token"), pushoverKey, hint))
	keys, of := s.texts("user_keys")
	var users []any
	for i, key := range keys {
		name := "user-" + strconv.Itoa(i+1)
		n.c.keep("pushover-"+name+".key", n.fits(key, pushoverKey, hint))
		users = append(users, configfile.Flow{Value: configfile.Map{{Key: "name", Value: name}, {Key: "key_file", Value: "pushover-" + name + ".key"}}})
	}
	if len(users) == 0 {
		n.c.failAt(s.here().src, "nobody is told; write user_keys")
	}
	b.m = append(b.m, configfile.Entry{Key: "users", Value: users, Above: of.after()})
	if n.escalate.set {
		b.m = append(b.m, configfile.Entry{Key: "escalate", Value: true, After: n.escalate.after()})
	}
	only := s.flag("reminders_only", false)
	s.done()
	n.viaBridge("pushover", "pushover", only, b.m)
	n.c.note(s.here(), bridgeFile+": channels.pushover", "What is dead is told with high priority from the beginning, not by reminders alone; the end with low priority.")
}

func (n *notifier) gotify(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(bridgeFile, "channels.gotify")
	b.text("url", n.address(s.need("app_url")), "", "")
	token := n.token(s.need("app_token"))
	n.c.keep("gotify.token", token)
	b.m = append(b.m,
		configfile.Entry{Key: "tokens", Value: []any{configfile.Flow{Value: configfile.Map{{Key: "token_file", Value: "gotify.token"}}}}, Above: token.after()},
		configfile.Entry{Key: "priorities", Value: configfile.Flow{Value: configfile.Map{{Key: "urgent", Value: 10}}}, After: "Vigil's priority of reminders"})
	only := s.flag("reminders_only", false)
	s.done()
	n.viaBridge("gotify", "gotify", only, b.m)
	n.c.note(s.here(), bridgeFile+": channels.gotify", "What is dead is told with priority 10 from the beginning, not by reminders alone; the end with 2.")
}

func (n *notifier) xmpp(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(bridgeFile, "channels.xmpp")
	from, to, password := s.need("from"), s.need("to"), s.need("xmpp_password")
	account, err := xmpp.ParseJID(from.value)
	if err == nil {
		_, err = xmpp.New(xmpp.Options{JID: account, Password: password.value})
	}
	if err != nil && from.set && password.set {
		n.c.failAt(from.src, "%v", err)
	}
	b.text("jid", from, "", "")
	n.secretFile(b, "password_file", "xmpp.password", "xmpp.password", password)
	if person, err := xmpp.ParseJID(to.value); to.set && (err != nil || person.Local == "" || person.Resource != "") {
		n.c.failAt(to.src, "not the address of a person; write one such as alice@example.com, without a resource")
	}
	b.put("to", configfile.Flow{Value: []string{configfile.Literal(to.value)}}, nil, to.origin, "")
	only := s.flag("reminders_only", false)
	s.done()
	n.viaBridge("xmpp", "xmpp", only, b.m)
}

func (n *notifier) matrix(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(bridgeFile, "channels.matrix")
	b.text("homeserver", n.address(s.need("homeserver_url")), "", "")
	n.secretFile(b, "access_token_file", "matrix.token", "matrix.token", n.token(s.need("access_token")))
	room := s.need("room_id")
	if id, err := url.PathUnescape(room.value); err == nil { // Vigil put it into a path as it is
		room.value = id
	}
	if room.set && (len(room.value) < 2 || !strings.ContainsAny(room.value[:1], "!#") || strings.HasPrefix(room.value, "#") && !strings.Contains(room.value, ":")) {
		n.c.failAt(room.src, "not a room; write its id, such as \"!id:example.com\"")
	}
	b.put("rooms", configfile.Flow{Value: []string{configfile.Literal(room.value)}}, nil, room.origin, "")
	only := s.flag("reminders_only", false)
	s.done()
	n.viaBridge("matrix", "matrix", only, b.m)
}

func (n *notifier) webhook(s *section) {
	if !s.present() {
		return
	}
	b := n.settings(bridgeFile, "channels.vigil")
	n.secretFile(b, "url_file", "webhook.url", "webhook.url", n.hook(s.need("hook_url")))
	s.done()
	n.viaBridge("webhook", "vigil", setting[bool]{}, b.m)
	n.c.note(s.here(), bridgeFile+": channels.vigil", "The body is the same, but for the offset in its time, which has no colon (UTC+0000, where Vigil 1.29 has UTC+00:00). A reminder is of a service, and its list of replicas is empty.")
}

// telegramByName tells a chat that is known by its name, with a request of its own.
func (n *notifier) telegramByName(token, chat setting[string], thread setting[int], only setting[bool]) {
	b := n.settings(bridgeFile, "channels.http")
	address := token
	address.value = "https://api.telegram.org/bot" + token.value + "/sendMessage"
	n.secretFile(b, "url_file", "telegram.url", "telegram.url", address)
	name, err := json.Marshal(chat.value)
	if err != nil || strings.Contains(chat.value, "{{") {
		n.c.failAt(chat.src, "%q is no chat; write its number, or its name such as \"@operations\"", chat.value)
	}
	body := fmt.Sprintf(`{"chat_id": %s, "message_thread_id": %d, `, name, thread.value)
	if !thread.set {
		body = fmt.Sprintf(`{"chat_id": %s, `, name)
	}
	body += `"text": {{ $state := "no longer dead" }}{{ if eq .Kind "startup" }}{{ $state = "started" }}{{ else if eq .Status "firing" }}{{ $state = "dead" }}{{ end }}` +
		`{{ printf "%s: %s\n%s\n%s" .PageTitle $state (.Services | join ", ") .PageURL | toJson }}, "disable_web_page_preview": true}`
	b.put("body", configfile.Literal(body), nil, chat.origin, "Alertmanager knows chats by their numbers alone, so the bridge tells this one. With the number, telegram_configs in alertmanager.yml tells more.")
	n.c.note(thread.origin, bridgeFile+": channels.http.body", "")
	n.viaBridge("telegram", "http", only, b.m)
}
